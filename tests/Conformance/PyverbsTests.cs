using Xunit;

namespace DaxEmu.Conformance;

/// <summary>rdma-core's own tests of libibverbs, from Debian's package, as they are.</summary>
public sealed class PyverbsTests(Machine machine)
{
    // Grows with the device; a fall means that something stopped working, whatever else is skipped.
    private const int LeastPassed = 104;

    [Fact]
    public async Task All_pass_that_the_devices_objects_allow_and_every_skip_has_a_published_reason()
    {
        string directory = Directory.CreateDirectory(Path.Combine(machine.Files, "pyverbs")).FullName;
        await PyverbsSuite.UnpackAsync(machine, directory);
        string results = Path.Combine(directory, "results");

        ProgramResult run = await machine.RunAsync(
            PyverbsSuite.Python, [Path.Combine(AppContext.BaseDirectory, "programs", "run_pyverbs.py"), directory, results, "rxe0", "3"]);

        run.Succeeded();
        PyverbsTest[] tests = [.. File.ReadLines(results).Select(PyverbsTest.Parse)];
        Assert.DoesNotContain(tests, t => t.Outcome == "failed");
        Assert.True(tests.Count(t => t.Outcome == "ok") >= LeastPassed, $"{tests.Count(t => t.Outcome == "ok")} of {tests.Length} tests passed");
        string[] published = PublishedReasons();
        Assert.DoesNotContain(tests, t => t.Outcome == "skipped" && !published.Any(r => t.Why.StartsWith(r, StringComparison.Ordinal)));
    }

    // The first column of the table of reasons, in backquotes: how the reason begins.
    private static string[] PublishedReasons() =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "compatibility.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]),
    ];
}
