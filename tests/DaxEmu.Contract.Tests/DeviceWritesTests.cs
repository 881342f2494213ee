using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>Which bytes of some pages devices wrote.</summary>
public sealed class DeviceWritesTests
{
    private static readonly ulong Page = PageRounding.PageSize;

    [Theory]
    [InlineData(4095, new[] { 4095 }, false)]
    [InlineData(4095, new[] { 4095, 0 }, true)]
    [InlineData(63, new[] { 63 }, false)]
    [InlineData(63, new[] { 64 }, true)]
    [InlineData(64, new[] { 63 }, true)]
    [InlineData(0, new int[0], false)]
    public void Of_what_changed_that_counts_which_no_device_wrote(int written, int[] changed, bool isByOthers)
    {
        DeviceWrites writes = new(new ByteRange(3 * Page, 5 * Page));
        Span<ulong> words = writes.WordsOf(ByteRange.OfLength(4 * Page, Page));
        words[written / 64] |= 1UL << (written % 64);
        byte[] before = new byte[Page];
        byte[] now = new byte[Page];
        Array.ForEach(changed, i => now[i] = 1);

        Assert.Equal(isByOthers, writes.IsChangedByOthers(4 * Page, before, now));
        Assert.Equal((false, true), (writes.IsAnyIn(3 * Page), writes.IsAnyIn(4 * Page)));
    }

    [Fact]
    public void The_last_page_is_compared_as_far_as_the_file_goes()
    {
        DeviceWrites writes = new(new ByteRange(0, Page));
        byte[] before = new byte[Page];

        Assert.False(writes.IsChangedByOthers(0, before, new byte[100]));
        Assert.True(writes.IsChangedByOthers(0, before, [.. new byte[99], 1]));
    }

    [Fact]
    public void A_range_within_pages_stands_for_them_whole() =>
        Assert.Equal(new ByteRange(Page, 3 * Page), new DeviceWrites(new ByteRange(Page + 1, (2 * Page) + 1)).Pages);
}
