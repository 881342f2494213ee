namespace DaxEmu.Contract;

/// <summary>
/// The pages that the pins of a file have kept although they left the file (<see cref="Policy.Legacy"/>), and which operation took them.
/// Guarded by the gate of the file.
/// </summary>
internal sealed class PinOrphans
{
    // By pin: ranges of whole pages, which do not overlap, by first byte.
    private readonly Dictionary<long, SortedList<ulong, (ByteRange Range, LayoutOperation Cause)>> _byPin = [];

    /// <summary>The parts of a range of whole pages that the pin still shares with the file, by first byte.</summary>
    internal List<ByteRange> Shared(Pin pin, ByteRange pages)
    {
        List<ByteRange> shared = [];
        ulong from = pages.Start;
        foreach ((ByteRange gone, _) in Of(pin, pages))
        {
            if (from < gone.Start)
            {
                shared.Add(new(from, gone.Start));
            }

            from = Math.Max(from, gone.End);
        }

        if (from < pages.End)
        {
            shared.Add(new(from, pages.End));
        }

        return shared;
    }

    /// <summary>Remembers; of pages that had gone before, the operation that took them first stays the cause.</summary>
    /// <returns>The parts that are new.</returns>
    internal List<ByteRange> Add(Pin pin, ByteRange pages, LayoutOperation cause)
    {
        List<ByteRange> added = Shared(pin, pages);
        if (added.Count > 0 && !_byPin.ContainsKey(pin.Id))
        {
            _byPin[pin.Id] = [];
        }

        foreach (ByteRange range in added)
        {
            _byPin[pin.Id].Add(range.Start, (range, cause));
        }

        return added;
    }

    /// <summary>What of a range has gone, piece by piece, each with the operation that took it.</summary>
    internal IReadOnlyList<(ByteRange Range, LayoutOperation Cause)> CausesOf(Pin pin, ByteRange range) =>
        [.. Of(pin, range).Select(k => (k.Range.IntersectWith(range), k.Cause))];

    /// <summary>The pin is gone.</summary>
    internal void Forget(Pin pin) => _byPin.Remove(pin.Id);

    private IEnumerable<(ByteRange Range, LayoutOperation Cause)> Of(Pin pin, ByteRange range)
    {
        if (!_byPin.TryGetValue(pin.Id, out SortedList<ulong, (ByteRange Range, LayoutOperation Cause)>? known))
        {
            yield break;
        }

        for (int i = FirstAfter(known.Keys, range.Start); i < known.Count && known.Keys[i] < range.End; i++)
        {
            if (known.Values[i].Range.Overlaps(range))
            {
                yield return known.Values[i];
            }
        }
    }

    // The last that begins at or before the byte, for it may reach past it; else the first.
    private static int FirstAfter(IList<ulong> starts, ulong start)
    {
        int low = 0;
        int high = starts.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (starts[middle] <= start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Max(0, low - 1);
    }
}
