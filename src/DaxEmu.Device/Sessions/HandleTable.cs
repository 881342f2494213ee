using System.Diagnostics.CodeAnalysis;

namespace DaxEmu.Device;

/// <summary>Objects of one type by handle. A new one gets the lowest handle that is free, as from the kernel's xarray.</summary>
/// <typeparam name="T">The objects.</typeparam>
/// <param name="capacity">Handles are below this.</param>
internal sealed class HandleTable<T>(uint capacity)
    where T : class
{
    private readonly List<T?> _objects = [];
    private readonly PriorityQueue<uint, uint> _free = new();
    private volatile int _count;

    /// <summary>Objects in it; readable from any thread.</summary>
    public int Count => _count;

    /// <summary>The objects, by handle; from the session's thread.</summary>
    public IEnumerable<T> Objects => _objects.OfType<T>();

    /// <summary>The handles in use; from the session's thread.</summary>
    public IEnumerable<uint> Handles => Enumerable.Range(0, _objects.Count).Where(i => _objects[i] is not null).Select(i => (uint)i);

    /// <summary>The handle that the next object gets; <paramref name="handle"/> at the capacity when there is none.</summary>
    public bool TryPeek(out uint handle)
    {
        if (!_free.TryPeek(out handle, out _))
        {
            handle = (uint)_objects.Count;
        }

        return handle < capacity;
    }

    /// <summary>Adds an object under the handle that <see cref="TryPeek"/> gave.</summary>
    public void Add(T value)
    {
        if (_free.TryDequeue(out uint handle, out _))
        {
            _objects[(int)handle] = value;
        }
        else
        {
            _objects.Add(value);
        }

        _count++;
    }

    /// <summary>Looks an object up.</summary>
    public bool TryGet(uint handle, [NotNullWhen(true)] out T? value)
    {
        value = handle < (uint)_objects.Count ? _objects[(int)handle] : null;
        return value is not null;
    }

    /// <summary>Takes an object out; it must be there.</summary>
    public void Remove(uint handle)
    {
        _objects[(int)handle] = null;
        _free.Enqueue(handle, handle);
        _count--;
    }
}
