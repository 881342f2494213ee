using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>What must hold of the matrix, whatever its cells are.</summary>
[Collection(CoverageCollection.Name)]
public sealed class CoverageTests(CoverageOutcomes outcomes)
{
    [Fact]
    public void Each_cell_has_one_of_the_meanings_that_the_document_explains() =>
        Assert.Empty(outcomes.Cells.Where(c => c.Cell.IsUnclear).Select(c => $"{c.Guard.Name}, {c.Caller.Name}, {c.Cell.Operation.Word}: {c.Cell.Verdict}"));

    [Fact]
    public void Without_a_guard_nothing_is_refused()
    {
        Assert.All(Under("none"), c => Assert.DoesNotContain(CoverageCell.Refused, c.Cell.Verdict, StringComparison.Ordinal));
    }

    /// <summary>Otherwise a cell under a guard would say of this test what it seems to say of the guard.</summary>
    [Fact]
    public void Without_a_guard_a_C_program_can_take_the_blocks_of_a_pinned_file_by_every_operation()
    {
        Assert.All(
            Under("none").Where(c => c.Caller.Word == "c"),
            c => Assert.Contains(c.Cell.Verdict, (string[])[CoverageCell.NotCaught, CoverageCell.Breach]));
    }

    [Theory]
    [InlineData("fuse-passthrough")]
    [InlineData("fuse-page-cache")]
    public void Through_a_mount_no_caller_takes_the_blocks_of_a_pinned_file(string guard)
    {
        Assert.All(
            Under(guard).Where(c => !c.Caller.GoesAroundMount),
            c => Assert.DoesNotContain(c.Cell.Verdict, (string[])[CoverageCell.NotCaught, CoverageCell.Breach]));
    }

    /// <summary>What a library in the program can see of it: not what goes past libc.</summary>
    [Theory]
    [InlineData("c")]
    [InlineData("python")]
    [InlineData("user")]
    [InlineData("namespace")]
    public void A_program_with_the_preloaded_library_takes_no_blocks_of_a_pinned_file_by_libc(string caller)
    {
        Assert.All(
            Under("preload").Where(c => c.Caller.Word == caller),
            c => Assert.StartsWith(CoverageCell.Refused, c.Cell.Verdict, StringComparison.Ordinal));
    }

    private IEnumerable<(CoveredCaller Caller, CoverageCell Cell)> Under(string guard)
    {
        IEnumerable<(CoveredCaller, CoverageCell)> cells = [.. outcomes.Cells.Where(c => c.Guard.Word == guard).Select(c => (c.Caller, c.Cell))];
        Assert.SkipWhen(!cells.Any(), $"this machine has no guard like {guard}");
        return cells;
    }
}
