using DaxEmu.Contract;
using DaxEmu.Guards.Fuse;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>A set of pages of a file.</summary>
public sealed class PageSetTests
{
    private const int Pages = 24;
    private static readonly ulong Page = (ulong)Libc.Page;

    [Fact]
    public void It_has_what_was_added_and_not_removed_in_ranges_that_neither_overlap_nor_touch()
    {
        Random random = new(1);
        for (int run = 0; run < 200; run++)
        {
            PageSet set = new();
            bool[] expected = new bool[Pages];
            for (int step = 0; step < 20; step++)
            {
                int start = random.Next(Pages), end = random.Next(start, Pages + 1);
                bool isAdded = random.Next(2) == 0;
                ByteRange range = new((ulong)start * Page, (ulong)end * Page);
                (isAdded ? (Action<ByteRange>)set.Add : set.Remove)(range);
                expected.AsSpan(start, end - start).Fill(isAdded);

                Assert.Equal(expected, Enumerable.Range(0, Pages).Select(p => set.Contains((ulong)p * Page)));
                Assert.Equal(RangesOf(expected, 0, Pages), set.Ranges);
                Assert.Equal(RangesOf(expected, start, end), set.Within(range));
                Assert.Equal(!expected.Contains(true), set.IsEmpty);
            }
        }
    }

    [Fact]
    public void The_open_end_of_a_truncate_reaches_every_page_behind_it()
    {
        PageSet set = new();
        set.Add(new(0, 4 * Page));
        set.Add(new(8 * Page, 9 * Page));

        set.Remove(ByteRange.From(2 * Page));

        Assert.Equal([new ByteRange(0, 2 * Page)], set.Ranges);
    }

    private static List<ByteRange> RangesOf(bool[] pages, int from, int to)
    {
        List<ByteRange> ranges = [];
        for (int at = from; at < to; at++)
        {
            int end = at;
            while (end < to && pages[end])
            {
                end++;
            }

            if (end > at)
            {
                ranges.Add(new((ulong)at * Page, (ulong)end * Page));
                at = end;
            }
        }

        return ranges;
    }
}
