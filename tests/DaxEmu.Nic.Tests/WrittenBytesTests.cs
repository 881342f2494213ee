using DaxEmu.Contract;

namespace DaxEmu.Nic.Tests;

/// <summary>Which bytes of a mapping engines wrote, to the byte.</summary>
public sealed unsafe class WrittenBytesTests
{
    private const nuint Address = 0x10_0000;
    private static readonly int WordsOfPage = (int)PageRounding.PageSize / 64;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(63, 1)]
    [InlineData(63, 2)]
    [InlineData(60, 200)]
    [InlineData(64, 64)]
    [InlineData(1, 8190)]
    public void What_was_noted_is_taken_once_and_no_byte_beside_it(int first, int count)
    {
        using WrittenBytes written = WrittenBytes.TryCreate(Address, 2 * PageRounding.PageSize)!;
        WrittenBytes.Note(written.Bits, (ulong)first, (ulong)count);
        ulong[] taken = new ulong[2 * WordsOfPage];

        written.Take(0, taken);

        Assert.Equal(Enumerable.Range(first, count), Bytes(taken));
        ulong[] again = new ulong[2 * WordsOfPage];
        written.Take(0, again);
        Assert.Empty(Bytes(again));
    }

    [Fact]
    public void What_is_taken_is_added_to_what_another_region_wrote_and_pages_behind_the_mapping_have_nothing()
    {
        // From the middle of a page to the middle of the next: two pages.
        using WrittenBytes written = WrittenBytes.TryCreate(Address + 2048, PageRounding.PageSize)!;
        WrittenBytes.Note(written.Bits, PageRounding.PageSize + 5, 1);
        ulong[] taken = new ulong[4 * WordsOfPage];
        taken[0] = 1UL << 7;

        written.Take(1, taken);
        written.Take(2, taken);

        Assert.Equal([5, 7], Bytes(taken));
    }

    [Fact]
    public void A_region_whose_bits_need_more_memory_than_there_is_has_none() => Assert.Null(WrittenBytes.TryCreate(Address, 1UL << 60));

    private static IEnumerable<int> Bytes(ulong[] words) => Enumerable.Range(0, words.Length * 64).Where(i => (words[i / 64] & (1UL << (i % 64))) != 0);
}
