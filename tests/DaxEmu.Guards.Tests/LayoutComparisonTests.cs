using DaxEmu.Contract;
using DaxEmu.Guards.Watch;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>What is told from what writing and write-back do by themselves, when two looks at a file differ.</summary>
public sealed class LayoutComparisonTests
{
    private static readonly BytePlace BeyondEnd = new(ByteState.BeyondEnd);
    private static readonly BytePlace Hole = new(ByteState.Hole);
    private static readonly BytePlace Cached = new(ByteState.Cached);
    private static readonly BytePlace Unwritten = new(ByteState.Unwritten, 1 << 20);
    private static readonly BytePlace Written = new(ByteState.Written, 1 << 20);
    private static readonly BytePlace Moved = new(ByteState.Written, 2 << 20);
    private static readonly BytePlace Shared = new(ByteState.Written, 1 << 20, IsShared: true);
    private static readonly BytePlace Somewhere = new(ByteState.Written);

    // Before, now; on a filesystem that leaves blocks where they are, and on another.
    public static TheoryData<BytePlace, BytePlace, bool, bool> Pairs { get; } = new()
    {
        { Written, Written, false, false },
        { Hole, Cached, false, false },
        { Hole, Unwritten, false, false },
        { Hole, Written, false, false },
        { Cached, Unwritten, false, false },
        { Cached, Written, false, false },
        { Unwritten, Written, false, false },
        { BeyondEnd, Hole, false, false },
        { BeyondEnd, Written, false, false },
        { Shared, Written, false, false },
        { Shared, Moved, false, false },
        { Shared, Cached, false, false },
        { Somewhere, Written, false, false },
        { Somewhere, Cached, false, false },
        { Hole, BeyondEnd, true, true },
        { Cached, BeyondEnd, true, true },
        { Written, BeyondEnd, true, true },
        { Cached, Hole, true, true },
        { Unwritten, Hole, true, true },
        { Written, Hole, true, true },
        { Shared, Hole, true, true },
        { Somewhere, Hole, true, true },
        { Written, Unwritten, true, true },
        { Written, Moved, true, false },
        { Unwritten, Moved, true, false },
        { Written, Cached, true, false },
        { Written, Shared, true, false },
        { Cached, Shared, true, false },
        { Written, Written with { IsDax = true }, true, true },
        { Hole with { IsDax = true }, Hole, true, true },
        { BeyondEnd, Written with { IsDax = true }, false, false },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Only_what_an_operation_does_is_a_change(BytePlace before, BytePlace now, bool whereBlocksStay, bool elsewhere)
    {
        Assert.Equal(whereBlocksStay, Changes(Map((0, 8, before)), Map((0, 8, now)), true).Count == 1);
        Assert.Equal(elsewhere, Changes(Map((0, 8, before)), Map((0, 8, now)), false).Count == 1);
    }

    [Fact]
    public void A_change_is_as_long_as_what_changed_and_knows_the_blocks_of_its_first_byte()
    {
        FileMap now = Map((0, 2, Written), (2, 5, Hole), (5, 8, Written.After(5)));

        LayoutChange change = Assert.Single(Changes(Map((0, 8, Written)), now, true));

        Assert.Equal(new LayoutChange(new(2, 5), Written.After(2), Hole), change);
    }

    [Fact]
    public void Bytes_nobody_looked_at_before_have_not_changed() =>
        Assert.Empty(Changes(Map((0, 2, Written)), Map((0, 2, Written), (2, 8, Hole)), true));

    [Fact]
    public void A_map_takes_another_s_knowledge_of_a_range_and_keeps_its_own_around_it()
    {
        FileMap map = Map((0, 8, Written), (8, 10, Hole));

        map.Replace(new(2, 9), Map((0, 4, Unwritten), (4, 12, Cached)));

        Assert.Equal(
            [
                new(new(0, 2), Written), new(new(2, 4), Unwritten.After(2)), new(new(4, 9), Cached), new(new(9, 10), Hole),
            ],
            map.Runs);
    }

    [Fact]
    public void Runs_that_go_on_where_the_last_ends_join_it() =>
        Assert.Equal([new(new(0, 6), Written)], Map((0, 2, Written), (2, 6, Written.After(2))).Runs);

    [Fact]
    public void Allowed_bytes_and_bytes_that_a_second_look_finds_unchanged_are_taken_out()
    {
        List<LayoutChange> first = Changes(Map((0, 8, Written)), Map((0, 8, Hole)), true);
        List<LayoutChange> second = Changes(Map((0, 8, Written)), Map((0, 3, Hole), (3, 8, Written.After(3))), true);

        Assert.Equal([new(new(0, 3), Written, Hole)], LayoutComparison.InBoth(first, second));
        Assert.Equal(
            [new(new(0, 1), Written, Hole), new(new(6, 8), Written.After(6), Hole)],
            LayoutComparison.Without(first, new(1, 6)));
    }

    [Fact]
    public void Two_looks_have_in_common_what_both_found_changed()
    {
        List<LayoutChange> first = Changes(Map((0, 8, Written)), Map((0, 2, Hole), (2, 3, Written.After(2)), (3, 5, Hole), (5, 6, Written.After(5)), (6, 8, Hole)), true);
        List<LayoutChange> second = Changes(Map((0, 8, Written)), Map((0, 1, Written), (1, 4, Hole), (4, 7, Hole), (7, 8, Written.After(7))), true);

        Assert.Equal([new(1, 2), new(3, 5), new(6, 7)], LayoutComparison.InBoth(first, second).Select(c => c.Range));
    }

    private static List<LayoutChange> Changes(FileMap before, FileMap now, bool blocksStay) =>
        LayoutComparison.Changes(before, now, new(0, 8), blocksStay);

    private static FileMap Map(params (ulong Start, ulong End, BytePlace Place)[] runs)
    {
        FileMap map = new();
        foreach ((ulong start, ulong end, BytePlace place) in runs)
        {
            map.Add(new(new(start, end), place));
        }

        return map;
    }
}
