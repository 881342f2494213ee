using DaxEmu.Contract;

namespace DaxEmu.Guards.Fuse;

/// <summary>A set of pages of a file: ranges of whole pages that neither overlap nor touch, by first byte.</summary>
internal sealed class PageSet
{
    private readonly List<ByteRange> _ranges = [];

    internal bool IsEmpty => _ranges.Count == 0;

    internal IReadOnlyList<ByteRange> Ranges => _ranges;

    /// <summary>True when the page that begins at this byte is in it.</summary>
    internal bool Contains(ulong page)
    {
        int at = FirstEndingAfter(page);
        return at < _ranges.Count && _ranges[at].Start <= page;
    }

    /// <summary>What of a range is in it, by first byte.</summary>
    internal List<ByteRange> Within(ByteRange range)
    {
        List<ByteRange> found = [];
        for (int i = FirstEndingAfter(range.Start); i < _ranges.Count && _ranges[i].Overlaps(range); i++)
        {
            found.Add(_ranges[i].IntersectWith(range));
        }

        return found;
    }

    internal void Add(ByteRange pages)
    {
        if (pages.IsEmpty)
        {
            return;
        }

        // Those that touch it grow together with it.
        int first = FirstEndingAfter(pages.Start == 0 ? 0 : pages.Start - 1);
        int end = first;
        (ulong start, ulong stop) = (pages.Start, pages.End);
        for (; end < _ranges.Count && _ranges[end].Start <= pages.End; end++)
        {
            start = Math.Min(start, _ranges[end].Start);
            stop = Math.Max(stop, _ranges[end].End);
        }

        Replace(first, end, [new ByteRange(start, stop)]);
    }

    internal void Remove(ByteRange pages)
    {
        int first = FirstEndingAfter(pages.Start);
        int end = first;
        List<ByteRange> rest = [];
        for (; end < _ranges.Count && _ranges[end].Overlaps(pages); end++)
        {
            if (_ranges[end].Start < pages.Start)
            {
                rest.Add(new(_ranges[end].Start, pages.Start));
            }

            if (_ranges[end].End > pages.End)
            {
                rest.Add(new(pages.End, _ranges[end].End));
            }
        }

        Replace(first, end, rest);
    }

    internal void Clear() => _ranges.Clear();

    private void Replace(int first, int end, List<ByteRange> by)
    {
        if (end - first == by.Count)
        {
            for (int i = 0; i < by.Count; i++)
            {
                _ranges[first + i] = by[i];
            }

            return;
        }

        _ranges.RemoveRange(first, end - first);
        _ranges.InsertRange(first, by);
    }

    private int FirstEndingAfter(ulong at)
    {
        int low = 0;
        int high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End <= at)
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
