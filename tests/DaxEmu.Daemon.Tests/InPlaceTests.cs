using System.Text.Json;
using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>A volume without a mount, end to end: clients register files where they are, and programs are refused there.</summary>
public sealed class InPlaceTests : IAsyncDisposable
{
    private const int FileLength = 1 << 20;

    private readonly TestDaemon _daemon = new(isInPlace: true);

    private string FilePath => Path.Combine(_daemon.Backing, "d", "f");

    [Fact]
    public async Task A_registered_file_is_guarded_and_explained_by_its_real_path()
    {
        await ServeAsync();
        using RdmaDevice device = OpenDevice();
        MemoryRegion region = device.CreateProtectionDomain().RegisterFile(FilePath);

        ProgramRun refused = await ProgramRun.OfAsync("truncate", ["--size=0", FilePath], _daemon.Patience);

        Assert.Contains("Text file busy", refused.Error, StringComparison.Ordinal);
        Pin pin = Assert.Single(await _daemon.Process.Admin.PinsAsync(FilePath, _daemon.Patience));
        Assert.Equal((FilePath, Environment.ProcessId), (pin.Request.Path, pin.Request.Owner.ProcessId));
        ProgramRun why = await _daemon.RunAsync("why", FilePath, "--socket", _daemon.Runtime);
        Assert.Contains("refused with ETXTBSY (26)", why.Output, StringComparison.Ordinal);
        Assert.Contains("(truncate), user", why.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("no guarded volume", why.Output, StringComparison.Ordinal);
        region.Dispose();
        Assert.Equal(0, (await ProgramRun.OfAsync("truncate", ["--size=0", FilePath], _daemon.Patience)).ExitStatus);
    }

    [Fact]
    public async Task A_policy_of_the_directory_is_in_force_on_the_real_path()
    {
        await ServeAsync();
        Assert.Equal(0, (await _daemon.RunAsync("policy", "set", Path.GetDirectoryName(FilePath)!, "odp")).ExitStatus);

        ProgramRun explained = await _daemon.RunAsync("policy", "explain", FilePath, "--socket", _daemon.Runtime);
        using RdmaDevice device = OpenDevice();
        using MemoryRegion region = device.CreateProtectionDomain().RegisterFile(FilePath);
        ProgramRun cut = await ProgramRun.OfAsync("truncate", ["--size=0", FilePath], _daemon.Patience);

        Assert.Contains($"odp, set at {Path.GetDirectoryName(FilePath)} (user.daxemu.policy)", explained.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (explained.ExitStatus, explained.Error));
        Assert.Equal((0, ""), (cut.ExitStatus, cut.Error));
    }

    [Fact]
    public async Task The_status_names_the_guard_and_what_it_does_not_catch()
    {
        await ServeAsync();

        ProgramRun text = await _daemon.RunAsync("status", "--socket", _daemon.Runtime);
        JsonElement volume = JsonDocument.Parse((await _daemon.RunAsync("status", "--json", "--socket", _daemon.Runtime)).Output)
            .RootElement.GetProperty("volumes")[0];

        Assert.Equal("fanotify", volume.GetProperty("guard").GetString());
        Assert.False(volume.TryGetProperty("mount", out JsonElement mount) && mount.ValueKind != JsonValueKind.Null);
        Assert.NotEqual(0, volume.GetProperty("gaps").GetArrayLength());
        Assert.Contains("in place", text.Output, StringComparison.Ordinal);
        Assert.Contains("not caught", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_daemon_leaves_no_truncate_hanging()
    {
        await ServeAsync();
        Assert.Equal(0, (await _daemon.RunAsync("policy", "set", FilePath, "wait")).ExitStatus);
        using RdmaDevice device = OpenDevice();
        using MemoryRegion region = device.CreateProtectionDomain().RegisterFile(FilePath);
        Task<ProgramRun> truncate = ProgramRun.OfAsync("truncate", ["--size=0", FilePath], _daemon.Patience);
        while ((await _daemon.Process.Admin.WhyAsync(FilePath, _daemon.Patience)).Answer?.Operation is not { Verdict: null })
        {
            await Task.Yield();
        }

        Assert.False(truncate.IsCompleted);
        await _daemon.Process.KillAsync();

        Assert.Equal(0, (await truncate.WaitAsync(_daemon.Patience)).ExitStatus);
        Assert.Equal(0, new FileInfo(FilePath).Length);
    }

    [Fact]
    public async Task A_filesystem_without_pre_content_events_is_refused_with_the_reason()
    {
        ProgramRun run = await ProgramRun.OfAsync(
            TestDaemon.Executable,
            ["serve", "--config", _daemon.Configuration, "--socket", _daemon.Runtime, "--volume", "/dev/shm", "--guard", "fanotify"],
            _daemon.Patience);

        Assert.NotEqual(0, run.ExitStatus);
        Assert.Contains("fanotify does not work here: fanotify_mark(FAN_PRE_ACCESS) failed on /dev/shm: EOPNOTSUPP", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_the_guard_cannot_watch_is_not_registered_and_why_says_so()
    {
        await ServeAsync();
        string below = Directory.CreateDirectory(Path.Combine(_daemon.Backing, "below")).FullName;
        Assert.True((await ProgramRun.OfAsync("mount", ["-t", "tmpfs", "daxemu-test", below], _daemon.Patience)).Succeeded);
        try
        {
            string file = Path.Combine(below, "f");
            await File.WriteAllBytesAsync(file, new byte[4096], _daemon.Patience);
            using RdmaDevice device = OpenDevice();

            RdmaException refused = Assert.Throws<RdmaException>(() => device.CreateProtectionDomain().RegisterFile(file));

            Assert.Contains("EOPNOTSUPP", refused.Message, StringComparison.Ordinal);
            ProgramRun why = await _daemon.RunAsync("why", file, "--socket", _daemon.Runtime);
            Assert.Contains("The volume's guard cannot stand in for this file: fanotify_mark", why.Output, StringComparison.Ordinal);
        }
        finally
        {
            await ProgramRun.OfAsync("umount", [below], CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    private async Task ServeAsync()
    {
        await _daemon.StartAsync();
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        await File.WriteAllBytesAsync(FilePath, new byte[FileLength], _daemon.Patience);
    }

    private RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));
}
