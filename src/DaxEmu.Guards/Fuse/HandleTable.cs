using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace DaxEmu.Guards.Fuse;

/// <summary>Open files or directories by the handle number (<c>fh</c>) that requests carry.</summary>
internal sealed class HandleTable<T>
    where T : class
{
    private readonly ConcurrentDictionary<ulong, T> _open = new();
    private ulong _last;

    internal ICollection<T> All => _open.Values;

    internal ulong Add(T opened)
    {
        ulong handle = Interlocked.Increment(ref _last);
        _open[handle] = opened;
        return handle;
    }

    internal T? Find(ulong handle) => _open.GetValueOrDefault(handle);

    internal bool Remove(ulong handle, [NotNullWhen(true)] out T? opened) => _open.TryRemove(handle, out opened);
}
