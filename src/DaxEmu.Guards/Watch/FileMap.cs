using DaxEmu.Contract;

namespace DaxEmu.Guards.Watch;

/// <summary>Where the bytes of a file lie, as far as somebody looked: runs that do not overlap, by first byte. Gaps are not known.</summary>
internal sealed class FileMap
{
    private readonly List<PlacedBytes> _runs = [];

    /// <summary>The runs.</summary>
    internal IReadOnlyList<PlacedBytes> Runs => _runs;

    /// <summary>Adds bytes behind all others; they join the last run when they go on where it ends.</summary>
    internal void Add(PlacedBytes bytes)
    {
        if (bytes.Range.IsEmpty)
        {
            return;
        }

        if (_runs.Count > 0 && _runs[^1] is { } last && last.Range.End == bytes.Range.Start
            && last.Place.After(last.Range.Length) == bytes.Place)
        {
            _runs[^1] = last with { Range = new(last.Range.Start, bytes.Range.End) };
        }
        else
        {
            _runs.Add(bytes);
        }
    }

    /// <summary>What is known of a range, by first byte.</summary>
    internal IEnumerable<PlacedBytes> In(ByteRange range)
    {
        for (int i = FirstEndingAfter(range.Start); i < _runs.Count && _runs[i].Range.Start < range.End; i++)
        {
            yield return _runs[i].Within(range);
        }
    }

    /// <summary>Takes another map's knowledge of a range instead of this one's.</summary>
    internal void Replace(ByteRange range, FileMap with)
    {
        int first = FirstEndingAfter(range.Start);
        int end = first;
        List<PlacedBytes> put = [];
        if (first < _runs.Count && _runs[first].Range.Start < range.Start)
        {
            put.Add(_runs[first].Within(new(0, range.Start)));
        }

        put.AddRange(with.In(range));
        while (end < _runs.Count && _runs[end].Range.Start < range.End)
        {
            if (_runs[end].Range.End > range.End)
            {
                put.Add(_runs[end].Within(ByteRange.From(range.End)));
            }

            end++;
        }

        _runs.RemoveRange(first, end - first);
        _runs.InsertRange(first, put);
    }

    private int FirstEndingAfter(ulong start)
    {
        int low = 0;
        int high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_runs[middle].Range.End <= start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
