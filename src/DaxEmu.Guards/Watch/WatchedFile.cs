using System.Diagnostics;
using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Watch;

/// <summary>
/// What is known of a file with pins: where its bytes lay when somebody looked last. Each look compares with that, so a change is found
/// once. All but <see cref="Identity"/> is guarded by <see cref="Gate"/>.
/// </summary>
/// <param name="identity">The file.</param>
/// <param name="reader">Looks at it; disposed with this.</param>
/// <param name="judge">Knows which pins are still held.</param>
internal sealed class WatchedFile(FileIdentity identity, IFileMapReader reader, IBreachJudge judge) : IDisposable
{
    // A file may be caught in the middle of a change of its map that is none of its layout: data that gets its block shows as a hole for an
    // instant (ext4_iomap_begin_report). What several looks in a row show is so.
    private const int Looks = 3;

    private readonly FileMap _known = new();
    private readonly Dictionary<long, Pin> _pins = [];
    private readonly List<ByteRange> _inFlight = [];
    private readonly HashSet<PinBaseline> _asked = [];

    // Holds all pins that there have been since there was none.
    private ByteRange _hull;

    /// <summary>The file.</summary>
    internal FileIdentity Identity { get; } = identity;

    /// <summary>Held for the length of a look.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>What <see cref="Linux.Events.ModificationWatch"/> calls it; negative when it cannot be watched.</summary>
    internal int Number { get; set; }

    /// <summary>Pins, and requests for them, that need it watched. Guarded by the watch.</summary>
    internal int Holds { get; set; }

    /// <summary>When it may be looked at again (<see cref="Stopwatch.GetTimestamp"/>). The watch's thread's own.</summary>
    internal long NotBefore { get; set; }

    /// <summary>Nobody watches it any more.</summary>
    internal bool IsClosed { get; private set; }

    /// <summary>The open file.</summary>
    internal SafeFileHandle File => reader.File;

    /// <summary>Where its bytes lie now. Needs no lock.</summary>
    internal FileMap Read(ByteRange range) => IsClosed ? new() : reader.Read(range);

    /// <summary>A pin is about to be asked for.</summary>
    internal void Begin(PinBaseline baseline) => _asked.Add(baseline);

    /// <summary>It was refused, or is not to be watched.</summary>
    internal void Drop(PinBaseline baseline) => _asked.Remove(baseline);

    /// <summary>Takes a pin that was granted, and what has become of the bytes under it since.</summary>
    internal List<BreachFinding> Add(Pin pin, PinBaseline baseline)
    {
        ByteRange range = pin.Request.Range;
        _asked.Remove(baseline);
        List<BreachFinding> found = Look(range);
        _hull = _pins.Count == 0 ? range : new(Math.Min(_hull.Start, range.Start), Math.Max(_hull.End, range.End));
        _pins[pin.Id] = pin;
        if (!IsClosed && Find(pin, Changes(baseline.Map, range, [.. _inFlight, .. baseline.Allowed], out _)) is { } late)
        {
            found.Add(late);
        }

        return found;
    }

    /// <summary>A last look at what is under a pin that is about to go.</summary>
    internal List<BreachFinding> Remove(Pin pin)
    {
        List<BreachFinding> found = _pins.ContainsKey(pin.Id) ? Look(pin.Request.Range) : [];
        _pins.Remove(pin.Id);
        return found;
    }

    /// <summary>The region of a pin is gone.</summary>
    internal void Forget(Pin pin) => _pins.Remove(pin.Id);

    /// <summary>An operation with the contract's consent is about to be carried out: from now on what it changes is no breach.</summary>
    internal List<BreachFinding> Begin(ByteRange range)
    {
        List<BreachFinding> found = LookWithin(range);
        _inFlight.Add(range);
        return found;
    }

    /// <summary>It has ended: what it left is what the pins have.</summary>
    internal List<BreachFinding> End(ByteRange range)
    {
        List<BreachFinding> found = LookWithin(range);
        _inFlight.Remove(range);
        foreach (PinBaseline baseline in _asked)
        {
            baseline.Allowed.Add(range);
        }

        return found;
    }

    /// <summary>Looks at all pinned bytes.</summary>
    internal List<BreachFinding> Look() => LookWithin(_hull);

    public void Dispose()
    {
        IsClosed = true;
        reader.Dispose();
    }

    private List<BreachFinding> LookWithin(ByteRange range) => _pins.Count == 0 ? [] : Look(range.IntersectWith(_hull));

    private List<BreachFinding> Look(ByteRange range)
    {
        if (IsClosed)
        {
            return [];
        }

        List<LayoutChange> changes = Changes(_known, range, _inFlight, out FileMap now);
        if (now.Runs.Count > 0)
        {
            _known.Replace(range, now);
        }

        return changes.Count == 0 ? [] : [.. _pins.Values.ToArray().Select(pin => Find(pin, changes)).OfType<BreachFinding>()];
    }

    private List<LayoutChange> Changes(FileMap before, ByteRange range, IReadOnlyList<ByteRange> allowed, out FileMap now)
    {
        now = reader.Read(range);
        List<LayoutChange> changes = Compare(now);
        for (int look = 1; look < Looks && changes.Count > 0; look++)
        {
            now = reader.Read(range);
            changes = LayoutComparison.InBoth(changes, Compare(now));
        }

        return changes;

        List<LayoutChange> Compare(FileMap after) => allowed.Aggregate(
            LayoutComparison.Changes(before, after, range, reader.BlocksStay), LayoutComparison.Without);
    }

    private BreachFinding? Find(Pin pin, List<LayoutChange> changes)
    {
        List<LayoutChange> own =
            [.. changes.Select(c => LayoutComparison.Within(c, pin.Request.Range)).OfType<LayoutChange>().OrderBy(c => c.Range.Start)];
        if (own.Count == 0)
        {
            return null;
        }

        // One that was taken away for an operation stands for nothing any more, though its region is still there.
        if (judge.IsHeld(pin))
        {
            return new(pin, [.. own.Take(BreachFinding.MaxChanges)], own.Count);
        }

        _pins.Remove(pin.Id);
        return null;
    }
}
