namespace DaxEmu.Client;

/// <summary>
/// The objects that were made from another, which is their owner: disposing it disposes them first, as verbs refuse to free
/// an object that is in use.
/// </summary>
/// <param name="owner">The owner, for messages.</param>
internal sealed class OwnedObjects(object owner)
{
    private readonly Lock _gate = new();
    private readonly HashSet<IDisposable> _members = [];
    private bool _closed;

    /// <summary>Adds a new object. If the owner is being disposed by another thread, the object is disposed instead.</summary>
    /// <exception cref="ObjectDisposedException">The owner is disposed.</exception>
    public T Add<T>(T member)
        where T : IDisposable
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _members.Add(member);
                return member;
            }
        }

        member.Dispose();
        throw new ObjectDisposedException(owner.GetType().FullName);
    }

    /// <summary>Removes an object that is disposed.</summary>
    public void Remove(IDisposable member)
    {
        lock (_gate)
        {
            _members.Remove(member);
        }
    }

    /// <summary>Disposes all; nothing can be added any more.</summary>
    public void DisposeAll()
    {
        IDisposable[] members;
        lock (_gate)
        {
            _closed = true;
            // Regions last: windows may be bound to them.
            members = [.. _members.OrderBy(m => m is MemoryRegion)];
        }

        foreach (IDisposable member in members)
        {
            member.Dispose();
        }
    }
}
