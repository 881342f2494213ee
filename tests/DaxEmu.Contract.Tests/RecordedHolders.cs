namespace DaxEmu.Contract.Tests;

/// <summary>Holders that write down what they are told and do what the test says.</summary>
internal sealed class RecordedHolders : IPinHolders
{
    internal List<(Pin Pin, LeaseBreak Notice)> Notices { get; } = [];

    /// <summary>What was done to pins, in order: <c>kill 1</c>, <c>revoke 1</c>.</summary>
    internal List<string> Deeds { get; } = [];

    internal Action<Pin> WhenTold { get; set; } = _ => { };

    internal Action<Pin> WhenRevoked { get; set; } = _ => { };

    public void Notify(Pin pin, LeaseBreak notice)
    {
        Notices.Add((pin, notice));
        WhenTold(pin);
    }

    public void Revoke(Pin pin, LayoutOperation? cause)
    {
        Deeds.Add($"revoke {pin.Id}");
        WhenRevoked(pin);
    }

    /// <summary>What was to be kept, in order.</summary>
    internal List<(LayoutOperation Cause, IReadOnlyList<PinnedPages> Pages)> Detached { get; } = [];

    /// <summary>How each of them was settled.</summary>
    internal List<bool> Outcomes { get; } = [];

    internal Func<PageDetachment>? WhenDetached { get; set; }

    public PageDetachment Detach(LayoutOperation cause, IReadOnlyList<PinnedPages> pages)
    {
        Detached.Add((cause, pages));
        return WhenDetached?.Invoke() ?? new PageDetachment(Outcomes.Add);
    }

    /// <summary>What the device wrote, by pin.</summary>
    internal Dictionary<long, List<ByteRange>> Writes { get; } = [];

    public IReadOnlyList<ByteRange> TakeWrites(Pin pin) => Writes.Remove(pin.Id, out List<ByteRange>? written) ? written : [];

    /// <summary>Stops of copies that are not over.</summary>
    internal int Stops { get; private set; }

    public IDisposable StopCopies(FileIdentity file)
    {
        Deeds.Add("stop copies");
        Stops++;
        return new Stop(this);
    }

    /// <summary>The pins whose writes are watched.</summary>
    internal HashSet<long> Watched { get; } = [];

    public void WatchWrites(Pin pin) => Watched.Add(pin.Id);

    /// <summary>What was asked for of bytes that the device wrote, and a bit for each of those that it did.</summary>
    public void TakeWrites(Pin pin, ByteRange pages, DeviceWrites written)
    {
        foreach (ByteRange range in TakeWrites(pin).Select(w => w.IntersectWith(pages)))
        {
            for (ulong at = range.Start; at < range.End; at++)
            {
                written.WordsOf(pages)[(int)((at - pages.Start) / 64)] |= 1UL << (int)(at % 64);
            }
        }
    }

    public void Kill(Pin pin, LayoutOperation cause) => Deeds.Add($"kill {pin.Id}");

    private sealed class Stop(RecordedHolders holders) : IDisposable
    {
        public void Dispose() => holders.Stops--;
    }
}
