using System.Diagnostics;
using System.Text.Json;
using DaxEmu.Daemon.Programs;
using DaxEmu.Linux.Processes;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary><c>daxemu demo</c> as a user runs it.</summary>
public sealed class DemoTests : IDisposable
{
    private const int SIGINT = 2;

    // The demo makes its directories in TMPDIR: what it leaves behind shows.
    private readonly TemporaryDirectory _temporary = new();
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public DemoTests() => _patience.CancelAfter(TimeSpan.FromMinutes(3));

    [Fact]
    public async Task Every_step_is_observed_and_nothing_is_left_behind()
    {
        ProgramRun run = await RunAsync("--json");

        Assert.True(run.ExitStatus == 0, run.Output + run.Error);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        JsonElement steps = report.RootElement.GetProperty("steps");
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], steps.EnumerateArray().Select(s => s.GetProperty("number").GetInt32()));
        Assert.All(steps.EnumerateArray(), step => Assert.True(step.GetProperty("observed").GetBoolean(), step.ToString()));
        Assert.All(
            steps[3].GetProperty("evidence").GetProperty("attempts").EnumerateArray(),
            attempt => Assert.Contains("Text file busy", attempt.GetProperty("stderr").GetString(), StringComparison.Ordinal));
        AssertNothingIsLeft();
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
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Interrupted_half_way_it_fails_and_leaves_nothing_behind()
    {
        ProcessStartInfo start = new(TestDaemon.Executable, ["demo"]) { RedirectStandardOutput = true };
        start.Environment["TMPDIR"] = _temporary.Path;
        using Process demo = Process.Start(start)!;
        while (await demo.StandardOutput.ReadLineAsync(_patience.Token) is { } line && !line.StartsWith("3. ", StringComparison.Ordinal))
        {
            Assert.False(demo.HasExited);
        }

        using (PidDescriptor process = PidDescriptor.Open(demo.Id))
        {
            process.Send(SIGINT);
        }

        string rest = await demo.StandardOutput.ReadToEndAsync(_patience.Token);
        await demo.WaitForExitAsync(_patience.Token);
        Assert.Equal(1, demo.ExitCode);
        Assert.Contains("NOT observed: interrupted", rest, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    public void Dispose()
    {
        _patience.Dispose();
        _temporary.Dispose();
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) =>
        ProgramRun.OfAsync("env", [$"TMPDIR={_temporary.Path}", TestDaemon.Executable, "demo", .. arguments], _patience.Token);

    private void AssertNothingIsLeft()
    {
        Assert.Empty(Directory.GetFileSystemEntries(_temporary.Path));
        Assert.DoesNotContain(_temporary.Path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.GetDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), out _)),
            process => CommandLineOf(process).Contains(_temporary.Path, StringComparison.Ordinal));
    }

    private static string CommandLineOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
