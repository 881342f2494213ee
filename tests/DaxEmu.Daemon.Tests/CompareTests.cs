using System.Diagnostics;
using System.Text.Json;
using DaxEmu.Contract;
using DaxEmu.Daemon.Compare;
using DaxEmu.Daemon.Programs;
using DaxEmu.Linux.Processes;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary><c>daxemu compare</c> as a user runs it, one round a policy, and the comparison seen to fire.</summary>
public sealed class CompareTests : IDisposable
{
    // It makes its directories in TMPDIR: what it leaves behind shows.
    private readonly TemporaryDirectory _temporary = new();
    private readonly TemporaryDirectory _output = new();
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public CompareTests() => _patience.CancelAfter(TimeSpan.FromMinutes(10));

    [Fact]
    public async Task Every_policy_behaves_as_it_says_and_the_report_shows_at_whose_cost()
    {
        ProgramRun run = await RunAsync("--seconds", "0.1", "--seed", "7", "--json", "--output", _output.Path);

        Assert.True(run.ExitStatus == 0, run.Output + run.Error);
        CompareReport report = JsonSerializer.Deserialize(run.Output, CompareJson.Default.CompareReport)!;
        Assert.Equal(PolicyName.All, report.Policies.Select(p => p.Policy));
        Assert.All(report.Policies, policy =>
        {
            Prediction predicted = Prediction.Of(policy.Policy);
            Assert.Empty(policy.Unmet);
            Assert.True(policy.RdmaWrites > 0);
            Assert.True(policy.BytesCompared > 0);
            Assert.Equal(predicted.MayDisagree, policy.BytesDisagreeing > 0);
            Assert.Equal(predicted.MayDisagree, policy.DivergencesReported > 0);
            Assert.Equal(0, policy.BytesVanished);

            // The probe of the quiet point meets a region in any case; more depends on who comes first.
            Assert.Equal(predicted.Answer is OperationAnswer.Refused or OperationAnswer.TimedOut, policy.Refused > 0);
            Assert.Equal(predicted.Answer == OperationAnswer.Pretended, policy.Ignored > 0);
            Assert.Equal(predicted.Fate is RegionFate.Revoked or RegionFate.HolderKilled, policy.RegionsRevoked > 0);
            Assert.Equal(predicted.Fate == RegionFate.HolderKilled, policy.Killed > 0);
            Assert.True(predicted.Fate != RegionFate.Untouched || policy.RequestsFailed == 0);
            Assert.Equal(Environment.IsPrivilegedProcess, policy.Crash.NotMeasured is null);
            Assert.True(policy.Crash.NotMeasured is not null || predicted.MayDisagree || policy.Crash.Synced!.Lost == 0);
            Assert.True(policy.Crash.NotMeasured is not null || predicted.MayDisagree || policy.Crash.Flushed!.Lost == 0);
        });
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task The_report_is_one_file_without_anything_from_elsewhere_and_a_JSON_file()
    {
        ProgramRun run = await RunAsync("--seconds", "0.1", "--policies", "deny,odp", "--output", _output.Path);

        Assert.True(run.ExitStatus == 0, run.Output + run.Error);
        Assert.Matches(@"(?m)^deny +\d", run.Output);
        Assert.DoesNotContain('\u001b', run.Output);
        string html = await File.ReadAllTextAsync(Path.Combine(_output.Path, "report.html"), _patience.Token);
        Assert.Contains("<svg", html, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=|url\\((?!#)|@import", html);
        using JsonDocument json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_output.Path, "report.json"), _patience.Token));
        Assert.Equal(
            ["asPredicted", "seed", "plan", "seconds", "dataPath", "policies"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            [
                "policy", "asPredicted", "unmet", "cost", "rounds", "seconds", "rdmaWrites", "rdmaBytes", "mebibytesPerSecond",
                "rdmaWriteMicroseconds", "requestsFailed", "failures", "recoveries", "recoverySeconds", "operations",
                "operationMicroseconds", "refused", "ignored", "delayed", "unsupported", "regionsRevoked", "killed", "bytesCompared",
                "bytesDisagreeing", "divergencesReported", "bytesVanished", "crash", "throughput",
            ],
            json.RootElement.GetProperty("policies")[0].EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public void The_same_seed_makes_the_same_plan_and_another_one_another()
    {
        Assert.Equal(PlanDigest.Of(42, 2), PlanDigest.Of(42, 2));
        Assert.NotEqual(PlanDigest.Of(42, 2), PlanDigest.Of(43, 2));

        // Known by value: a plan that changes between versions would compare different things under one seed.
        Assert.Equal("b242e6925d027cb57a12bf36fd2f8c9445072fee2299756d07ba0f6cc5fbca58", PlanDigest.Of(1, 2));
    }

    [Fact]
    public async Task Bytes_that_file_and_device_disagree_on_are_counted_and_not_as_predicted()
    {
        const int exchanged = 4096;
        ExperimentOptions options = new(TestDaemon.Executable, ["deny"], 0.1, 1)
        {
            // Another file under the same name, which no guard is asked about: the device goes on with the old one.
            BeforeComparing = stage =>
            {
                string path = Path.Combine(stage.Backing, "lane0");
                byte[] bytes = File.ReadAllBytes(path);
                foreach (ref byte value in bytes.AsSpan(Workload.RegionStart, exchanged))
                {
                    value ^= 0xff;
                }

                File.WriteAllBytes(path + ".new", bytes);
                File.Move(path + ".new", path, overwrite: true);

                // The kernel goes by the old name for a while.
                while (!File.ReadAllBytes(Path.Combine(stage.Mount, "lane0")).AsSpan().SequenceEqual(bytes))
                {
                    _patience.Token.ThrowIfCancellationRequested();
                }
            },
        };

        CompareReport report = await Experiment.RunAsync(options, _ => { }, _patience.Token);

        Assert.False(report.AsPredicted);
        Assert.Equal(exchanged, report.Policies[0].BytesDisagreeing);
        Assert.Contains(report.Policies[0].Unmet, u => u.Contains("disagreed on 4096 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void Differences_are_counted_to_the_byte()
    {
        Assert.Equal(0, Lane.CountDifferences([1, 2, 3], [1, 2, 3]));
        Assert.Equal(2, Lane.CountDifferences([1, 2, 3, 4], [0, 2, 3, 0]));
        Assert.Equal(3, Lane.CountDifferences([1, 2], [0, 2, 3, 4]));
    }

    [Fact]
    public void Something_is_predicted_for_every_policy() =>
        Assert.All(PolicyName.All, policy => Assert.NotEmpty(Prediction.Of(policy).Cost));

    [Fact]
    public async Task Interrupted_half_way_it_says_so_and_leaves_nothing_behind()
    {
        ProcessStartInfo start = new(TestDaemon.Executable, ["compare", "--output", _output.Path])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = _temporary.Path;
        using Process compare = Process.Start(start)!;
        while (await compare.StandardOutput.ReadLineAsync(_patience.Token) is { } line && !line.StartsWith("ignore", StringComparison.Ordinal))
        {
            Assert.False(compare.HasExited);
        }

        using (PidDescriptor process = PidDescriptor.Open(compare.Id))
        {
            process.Send(2);
        }

        Assert.Contains("Interrupted", await compare.StandardError.ReadToEndAsync(_patience.Token), StringComparison.Ordinal);
        await compare.WaitForExitAsync(_patience.Token);
        Assert.Equal(1, compare.ExitCode);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Where_no_daemon_can_serve_it_says_why()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can take /dev/fuse away");
        ProgramRun run = await ProgramRun.OfAsync(
            "unshare",
            ["--mount", "sh", "-c", $"mount --bind /dev/null /dev/fuse && TMPDIR={_temporary.Path} {TestDaemon.Executable} compare --output {_output.Path}"],
            _patience.Token);

        Assert.Equal(1, run.ExitStatus);
        Assert.StartsWith("The experiment failed: the daemon ended", run.Error, StringComparison.Ordinal);
        Assert.Contains("fuse", run.Error, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_full_disk_is_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount a small file system");
        ProgramRun run = await ProgramRun.OfAsync(
            "unshare",
            [
                "--mount", "sh", "-c",
                $"mount -t tmpfs -o size=256k tmpfs {_temporary.Path} && TMPDIR={_temporary.Path} {TestDaemon.Executable} compare --output {_output.Path}",
            ],
            _patience.Token);

        Assert.Equal(1, run.ExitStatus);
        Assert.Contains("No space left on device", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--policies", "deny,perhaps", "\"perhaps\" names no policy")]
    [InlineData("--seconds", "0", "--seconds takes a number above 0")]
    [InlineData("--seed", "x", "Cannot parse argument 'x'")]
    public async Task A_wrong_option_is_named(string option, string value, string complaint)
    {
        (int status, _, string error) = await CommandLine.RunAsync("compare", option, value);

        Assert.Equal(2, status);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _patience.Dispose();
        _temporary.Dispose();
        _output.Dispose();
    }

    private Task<ProgramRun> RunAsync(params string[] arguments) =>
        ProgramRun.OfAsync("env", [$"TMPDIR={_temporary.Path}", TestDaemon.Executable, "compare", .. arguments], _patience.Token);

    private void AssertNothingIsLeft()
    {
        Assert.Empty(Directory.GetFileSystemEntries(_temporary.Path));
        Assert.DoesNotContain(_temporary.Path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }
}
