using DaxEmu.Client;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>
/// Daemons that die, clients that do not answer, and many callers at once: nobody hangs for longer than the configuration says, and none is let
/// through where the policy is strict.
/// </summary>
public sealed class FaultTests : IAsyncDisposable
{
    private const int FileLength = 1 << 20;
    private const int Callers = 200;
    private const string Never = "86400000";

    // Truncates each of its arguments in a process of its own, and tells how many ended with which errno.
    private const string TruncateAll =
        "my (%n, @p); for my $f (@ARGV) { my $pid = fork(); if (!$pid) { exit(truncate($f, 0) ? 0 : $!+0) } push @p, $pid } "
        + "for (@p) { waitpid($_, 0); $n{$? >> 8}++ } print join(' ', map { \"$_:$n{$_}\" } sort keys %n)";

    private readonly TestDaemon _daemon = new();

    [Theory]
    [InlineData("auto")]
    [InlineData("off")]
    public async Task A_daemon_killed_while_truncates_wait_leaves_no_caller_hanging_and_cuts_nothing(string passthrough)
    {
        const string Aborted = "103:"; // ECONNABORTED, fs/fuse/dev.c
        string[] files = await ServeAsync("wait", Never, "-1", passthrough, count: 1);
        RdmaDevice device = OpenDevice();
        device.CreateProtectionDomain().RegisterFile(files[0]);
        Task<ProgramRun> truncates = ProgramRun.OfAsync("perl", ["-e", TruncateAll, files[0]], _daemon.Patience);
        while ((await _daemon.Process.Admin.WhyAsync(files[0], _daemon.Patience)).Answer?.Operation is not { Verdict: null })
        {
            await Task.Yield();
        }

        await _daemon.Process.KillAsync();
        Assert.Equal($"{Aborted}1", (await truncates.WaitAsync(_daemon.Patience)).Output);
        ProgramRun listed = await ProgramRun.OfAsync("ls", [_daemon.Mount], _daemon.Patience);
        Assert.Contains("Transport endpoint is not connected", listed.Error, StringComparison.Ordinal);
        Assert.Equal(FileLength, new FileInfo(Path.Combine(_daemon.Backing, "f0")).Length);

        await _daemon.StartAsync("--passthrough", passthrough);
        Assert.Equal("0:1", (await ProgramRun.OfAsync("perl", ["-e", TruncateAll, files[0]], _daemon.Patience)).Output);
    }

    /// <summary>They are changed pages of the daemon's own mapping of its own mount: to write them back, the kernel would ask the daemon.</summary>
    [Fact]
    public async Task A_daemon_killed_without_passthrough_before_what_its_device_wrote_is_written_back_ends_and_its_mount_with_it()
    {
        string[] files = await ServeAsync("deny", Never, "-1", "off", count: 1);
        using VictimProcess holder = await VictimProcess.StartAsync(_daemon, files[0]);
        Writer writer = new(OpenDevice(), FileLength, fill: 0x5a);
        await writer.ConnectAsync(holder, _daemon.Patience);
        _ = writer.WriteUntilItFailsAsync(RemoteMemory.Parse(holder.Introduction.Memory!), _daemon.Patience);
        await writer.FirstWrite;

        await _daemon.Process.KillAsync().WaitAsync(_daemon.Patience);

        ProgramRun listed = await ProgramRun.OfAsync("ls", [_daemon.Mount], _daemon.Patience);
        Assert.Contains("Transport endpoint is not connected", listed.Error, StringComparison.Ordinal);
        await _daemon.StartAsync("--passthrough", "off");
        Assert.Equal("0:1", (await ProgramRun.OfAsync("perl", ["-e", TruncateAll, files[0]], _daemon.Patience)).Output);
    }

    [Theory]
    [InlineData("deny", "26:200")]
    [InlineData("wait", "110:200")]
    public async Task Two_hundred_truncates_of_pinned_files_at_once_are_all_answered_and_cut_nothing(string policy, string answers)
    {
        string[] files = await ServeAsync(policy, Never, "1000", "auto", count: 20);
        using RdmaDevice device = OpenDevice();
        ProtectionDomain domain = device.CreateProtectionDomain();
        MemoryRegion[] regions = [.. files.Select(f => domain.RegisterFile(f))];

        ProgramRun run = await ProgramRun.OfAsync(
            "perl", ["-e", TruncateAll, .. Enumerable.Range(0, Callers).Select(i => files[i % files.Length])], _daemon.Patience);

        Assert.Equal(answers, run.Output);
        Assert.All(files, f => Assert.Equal(FileLength, new FileInfo(f).Length));
        Array.ForEach(regions, r => r.Dispose());
        Assert.Equal("0:20", (await ProgramRun.OfAsync("perl", ["-e", TruncateAll, .. files], _daemon.Patience)).Output);
    }

    [Theory]
    [InlineData("lease-revoke")]
    [InlineData("lease-kill")]
    public async Task A_client_that_is_stopped_and_answers_no_lease_break_holds_up_a_truncate_no_longer_than_the_lease(string policy)
    {
        string[] files = await ServeAsync(policy, "200", "-1", "auto", count: 1);
        using VictimProcess holder = await VictimProcess.StartAsync(_daemon, files[0]);
        await ProgramRun.OfAsync("kill", ["-STOP", $"{holder.Id}"], _daemon.Patience);

        ProgramRun run = await ProgramRun.OfAsync("perl", ["-e", TruncateAll, files[0]], _daemon.Patience);

        Assert.Equal("0:1", run.Output);
        Assert.Empty(await _daemon.Process.Admin.PinsAsync(files[0], _daemon.Patience));
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    private async Task<string[]> ServeAsync(string policy, string leaseBreak, string wait, string passthrough, int count)
    {
        await File.WriteAllTextAsync(
            _daemon.Configuration,
            $$"""{ "Contract": { "Policy": "{{policy}}", "LeaseBreakMilliseconds": {{leaseBreak}}, "WaitMilliseconds": {{wait}} } }""",
            _daemon.Patience);
        await _daemon.StartAsync("--passthrough", passthrough);
        string[] files = [.. Enumerable.Range(0, count).Select(i => Path.Combine(_daemon.Mount, $"f{i}"))];
        foreach (string file in files)
        {
            await File.WriteAllBytesAsync(file, new byte[FileLength], _daemon.Patience);
        }

        return files;
    }

    private RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));
}
