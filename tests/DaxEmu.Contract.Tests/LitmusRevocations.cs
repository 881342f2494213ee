using System.Collections.Concurrent;

namespace DaxEmu.Contract.Tests;

/// <summary>
/// The holders of the litmus test: a pin is used under a lock of its own, and not at all once it is revoked, as an engine uses a region.
/// </summary>
/// <param name="isBroken">Revoke returns while the pin is still used: wrong on purpose.</param>
internal sealed class LitmusRevocations(bool isBroken) : IPinHolders
{
    private readonly ConcurrentDictionary<long, Usage> _usages = new();
    private long _revoked;

    internal long Revoked => Volatile.Read(ref _revoked);

    public void Notify(Pin pin, LeaseBreak notice)
    {
    }

    public void Revoke(Pin pin, LayoutOperation? cause)
    {
        Interlocked.Increment(ref _revoked);
        if (isBroken)
        {
            return;
        }

        Usage usage = _usages.GetOrAdd(pin.Id, static _ => new());
        lock (usage)
        {
            usage.IsOver = true;
        }
    }

    public void Kill(Pin pin, LayoutOperation cause) => throw new NotSupportedException();

    public PageDetachment Detach(LayoutOperation cause, IReadOnlyList<PinnedPages> pages) => throw new NotSupportedException();

    public IReadOnlyList<ByteRange> TakeWrites(Pin pin) => throw new NotSupportedException();

    public IDisposable StopCopies(FileIdentity file) => throw new NotSupportedException();

    public void WatchWrites(Pin pin) => throw new NotSupportedException();

    public void TakeWrites(Pin pin, ByteRange pages, DeviceWrites written) => throw new NotSupportedException();

    internal void Use(Pin pin, Action use)
    {
        Usage usage = _usages.GetOrAdd(pin.Id, static _ => new());
        lock (usage)
        {
            if (!usage.IsOver)
            {
                use();
            }
        }
    }

    internal void Forget(Pin pin) => _usages.TryRemove(pin.Id, out _);

    private sealed class Usage
    {
        public bool IsOver { get; set; }
    }
}
