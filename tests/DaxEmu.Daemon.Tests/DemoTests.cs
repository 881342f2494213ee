using System.Text.Json;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary><c>daxemu demo</c> as a user runs it.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task Every_step_is_observed_and_nothing_is_left_behind()
    {
        HashSet<string> before = DemoDirectories();

        ProgramRun run = await RunAsync("--json");

        Assert.True(run.ExitStatus == 0, run.Output + run.Error);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        JsonElement steps = report.RootElement.GetProperty("steps");
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], steps.EnumerateArray().Select(s => s.GetProperty("number").GetInt32()));
        Assert.All(steps.EnumerateArray(), step => Assert.True(step.GetProperty("observed").GetBoolean(), step.ToString()));
        Assert.All(
            steps[3].GetProperty("evidence").GetProperty("attempts").EnumerateArray(),
            attempt => Assert.Contains("Text file busy", attempt.GetProperty("stderr").GetString(), StringComparison.Ordinal));
        Assert.Equal(before, DemoDirectories());
        Assert.DoesNotContain("daxemu-demo-", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_narration_shows_each_program_and_what_it_said()
    {
        ProgramRun run = await RunAsync();

        Assert.True(run.ExitStatus == 0, run.Output + run.Error);
        Assert.Matches(@"(?m)^   \$ truncate --size 4096 /\S+/target\.dat\n     truncate: .*Text file busy$", run.Output);
        Assert.Contains("All 7 steps were observed", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
    }

    [Fact]
    public async Task Under_a_policy_that_refuses_nothing_it_fails_and_says_at_which_step()
    {
        ProgramRun run = await RunAsync("--json", "--policy", "ignore");

        Assert.Equal(1, run.ExitStatus);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        Assert.False(report.RootElement.GetProperty("observed").GetBoolean());
        JsonElement refusals = report.RootElement.GetProperty("steps")[3];
        Assert.False(refusals.GetProperty("observed").GetBoolean());
        Assert.Contains("truncate was refused", refusals.GetProperty("unmet")[0].GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("daxemu-demo-", File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    private static Task<ProgramRun> RunAsync(params string[] arguments) =>
        ProgramRun.OfAsync(TestDaemon.Executable, ["demo", .. arguments], TestContext.Current.CancellationToken);

    private static HashSet<string> DemoDirectories() => [.. Directory.GetDirectories(Path.GetTempPath(), "daxemu-demo-*")];
}
