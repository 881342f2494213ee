using DaxEmu.Contract;

namespace DaxEmu.Guards.Watch;

/// <summary>Tells what was done to a file's layout from what writing, reading and write-back do to it by themselves.</summary>
internal static class LayoutComparison
{
    /// <summary>The changes that only a layout operation makes.</summary>
    /// <param name="before">What was known of the file.</param>
    /// <param name="now">What there is now.</param>
    /// <param name="range">Where to compare.</param>
    /// <param name="blocksStay">The filesystem leaves written blocks where they are.</param>
    internal static List<LayoutChange> Changes(FileMap before, FileMap now, ByteRange range, bool blocksStay)
    {
        List<LayoutChange> changes = [];
        foreach (PlacedBytes was in before.In(range))
        {
            foreach (PlacedBytes piece in now.In(was.Range))
            {
                BytePlace place = was.Within(piece.Range).Place;
                if (IsChange(place, piece.Place, blocksStay))
                {
                    changes.Add(new(piece.Range, place, piece.Place));
                }
            }
        }

        return changes;
    }

    /// <summary>The changes of the later look in bytes that both looks found changed; all three are by first byte and do not overlap.</summary>
    internal static List<LayoutChange> InBoth(List<LayoutChange> first, List<LayoutChange> second)
    {
        List<LayoutChange> both = [];
        int f = 0;
        int s = 0;
        while (f < first.Count && s < second.Count)
        {
            if (Within(second[s], first[f].Range) is { } common)
            {
                both.Add(common);
            }

            bool endsFirst = first[f].Range.End < second[s].Range.End;
            f += endsFirst ? 1 : 0;
            s += endsFirst ? 0 : 1;
        }

        return both;
    }

    /// <summary>The part of a change that lies in a range; null when none does.</summary>
    internal static LayoutChange? Within(LayoutChange change, ByteRange range)
    {
        ByteRange part = change.Range.IntersectWith(range);
        ulong skipped = part.Start - change.Range.Start;
        return part.IsEmpty ? null : new(part, change.Was.After(skipped), change.Is.After(skipped));
    }

    /// <summary>The parts of changes that lie outside a range.</summary>
    internal static List<LayoutChange> Without(List<LayoutChange> changes, ByteRange range) =>
    [
        .. changes.SelectMany(c => new[] { Within(c, new(0, range.Start)), Within(c, ByteRange.From(range.End)) }).OfType<LayoutChange>(),
    ];

    // Writing fills holes, write-back gives data its block and marks unwritten blocks written, and a write to a shared block moves it. None of
    // these takes a block away, makes a written one unwritten, moves one that is the file's own, or shares one.
    private static bool IsChange(BytePlace was, BytePlace now, bool blocksStay) => HasOtherFlag(was, now) || was.State switch
    {
        ByteState.BeyondEnd => false,
        ByteState.Hole => now.State == ByteState.BeyondEnd,
        ByteState.Cached => now.State is ByteState.BeyondEnd or ByteState.Hole || (blocksStay && now.IsShared),
        _ => now.State is ByteState.BeyondEnd or ByteState.Hole
            || (was.State == ByteState.Written && now.State == ByteState.Unwritten)
            || (blocksStay && !was.IsShared && (now.IsShared || HasMoved(was, now))),
    };

    // Behind the end of the file nothing is known of the flag.
    private static bool HasOtherFlag(BytePlace was, BytePlace now) =>
        was.IsDax != now.IsDax && was.State != ByteState.BeyondEnd && now.State != ByteState.BeyondEnd;

    // Data without a block where there was one: the block was taken away, and the bytes were written again since.
    private static bool HasMoved(BytePlace was, BytePlace now) =>
        was.Block is { } from && (now.State == ByteState.Cached || (now.Block is { } to && from != to));
}
