using System.Diagnostics;
using DaxEmu.Client;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary><c>daxemu events</c> and <c>daxemu policy</c> against a real daemon.</summary>
public sealed class EventsCommandTests : IAsyncDisposable
{
    private readonly TestDaemon _daemon = new();

    private string[] Place => ["--socket", _daemon.Runtime, "--config", _daemon.Configuration];

    private string FilePath => Path.Combine(_daemon.Mount, "f");

    [Fact]
    public async Task What_was_decided_is_known_after_a_SIGKILL_of_the_daemon()
    {
        await _daemon.StartAsync();
        await RefuseATruncateAsync();
        await _daemon.Process.KillAsync();

        await _daemon.StartAsync();

        ProgramRun events = await _daemon.RunAsync(["events", .. Place]);
        Assert.Equal((0, ""), (events.ExitStatus, events.Error));
        Assert.Contains("refused with errno 26", events.Output, StringComparison.Ordinal);
        ProgramRun why = await _daemon.RunAsync(["why", FilePath, .. Place]);
        Assert.Contains("refused with ETXTBSY (26)", why.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_shows_what_was_and_then_what_comes_each_once_and_ends_with_the_daemon()
    {
        await _daemon.StartAsync();
        await RefuseATruncateAsync();
        using Process follower = Process.Start(
            new ProcessStartInfo(TestDaemon.Executable, ["events", "--follow", "--json", .. Place]) { RedirectStandardOutput = true })!;
        List<string> lines = [];
        while (!lines.Exists(l => l.Contains("layout-decided", StringComparison.Ordinal)))
        {
            lines.Add((await follower.StandardOutput.ReadLineAsync(_daemon.Patience))!);
        }

        await RefuseATruncateAsync();
        while (lines.Count(l => l.Contains("layout-decided", StringComparison.Ordinal)) < 2)
        {
            lines.Add((await follower.StandardOutput.ReadLineAsync(_daemon.Patience))!);
        }

        Assert.Equal(lines.Distinct(), lines);
        await _daemon.Process.EndAsync();
        await follower.WaitForExitAsync(_daemon.Patience);
        Assert.Equal(0, follower.ExitCode);
    }

    [Fact]
    public async Task A_policy_set_on_a_directory_is_in_force_below_it_until_it_is_removed()
    {
        await _daemon.StartAsync();
        Directory.CreateDirectory(Path.Combine(_daemon.Mount, "d"));
        string file = Path.Combine(_daemon.Mount, "d", "f");
        await File.WriteAllTextAsync(file, "contents", _daemon.Patience);

        Assert.Equal(0, (await _daemon.RunAsync("policy", "set", Path.Combine(_daemon.Mount, "d"), "lease-revoke")).ExitStatus);
        ProgramRun set = await _daemon.RunAsync(["policy", "explain", file, .. Place]);
        Assert.Equal((1, "lease-revoke\n"), await GetAsync(file, Path.Combine(_daemon.Mount, "d")));
        Assert.Equal(0, (await _daemon.RunAsync("policy", "set", Path.Combine(_daemon.Mount, "d"), "none")).ExitStatus);
        ProgramRun removed = await _daemon.RunAsync(["policy", "explain", file, .. Place]);

        Assert.StartsWith(
            $"{file}: lease-revoke, set at {Path.Combine(_daemon.Mount, "d")} (user.daxemu.policy)", set.Output, StringComparison.Ordinal);
        Assert.StartsWith($"{file}: deny, set at Contract:Policy", removed.Output, StringComparison.Ordinal);
        Assert.Contains(
            "Who may pin it: Holes allow, SharedExtents allow, UnstableFiles allow, Mapping any, Readers yield.", removed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_is_none_is_a_usage_error_that_names_those_there_are()
    {
        string file = Path.GetTempFileName();
        ProgramRun run = await _daemon.RunAsync("policy", "set", file, "lenient");
        File.Delete(file);

        Assert.Equal(2, run.ExitStatus);
        Assert.Equal(
            "\"lenient\" names no policy: give one of deny, ignore, wait, lease-revoke, lease-kill, legacy, odp, or none.\n", run.Error);
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    // The exit status for what has none, and what is printed for what has one.
    private async Task<(int Status, string Output)> GetAsync(string without, string with) => (
        (await _daemon.RunAsync("policy", "get", without)).ExitStatus, (await _daemon.RunAsync("policy", "get", with)).Output);

    private async Task RefuseATruncateAsync()
    {
        await File.WriteAllTextAsync(FilePath, "contents", _daemon.Patience);
        using RdmaDevice device = RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));
        using MemoryRegion region = device.CreateProtectionDomain().RegisterFile(FilePath);
        ProgramRun truncate = await ProgramRun.OfAsync("truncate", ["--size=0", FilePath], _daemon.Patience);
        Assert.Contains("Text file busy", truncate.Error, StringComparison.Ordinal);
    }
}
