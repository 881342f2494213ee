using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class ByteRangeTests
{
    [Theory]
    [InlineData(0, 10, 10, 20, false)]
    [InlineData(0, 11, 10, 20, true)]
    [InlineData(10, 20, 0, 10, false)]
    [InlineData(5, 6, 0, 10, true)]
    [InlineData(0, 10, 0, 10, true)]
    [InlineData(5, 5, 0, 10, false)]
    [InlineData(0, 10, 5, 5, false)]
    [InlineData(5, 5, 5, 5, false)]
    [InlineData(7, ulong.MaxValue, 0, 8, true)]
    [InlineData(8, ulong.MaxValue, 0, 8, false)]
    public void Ranges_overlap_when_they_share_a_byte(ulong aStart, ulong aEnd, ulong bStart, ulong bEnd, bool overlap) =>
        Assert.Equal(overlap, new ByteRange(aStart, aEnd).Overlaps(new(bStart, bEnd)));

    [Fact]
    public void A_length_past_the_largest_offset_is_clamped() =>
        Assert.Equal(ByteRange.From(5), ByteRange.OfLength(5, ulong.MaxValue));

    [Fact]
    public void A_range_cannot_end_before_it_starts() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ByteRange(2, 1));

    [Fact]
    public void An_open_end_reads_EOF()
    {
        Assert.Equal("[4096, EOF)", ByteRange.From(4096).ToString());
        Assert.Equal("[0, 4096)", new ByteRange(0, 4096).ToString());
    }
}
