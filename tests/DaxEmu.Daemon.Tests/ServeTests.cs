using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Demo;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary><c>daxemu serve</c> as a process: its start, its end, and what a killed one leaves to the next.</summary>
public sealed class ServeTests : IAsyncDisposable
{
    private readonly TestDaemon _daemon = new();

    [Fact]
    public async Task Once_started_it_answers_and_its_volume_is_mounted()
    {
        await _daemon.StartAsync();
        File.WriteAllText(Path.Combine(_daemon.Mount, "f"), "through the mount");

        ProgramRun run = await _daemon.RunAsync("status", "--json", "--socket", _daemon.Runtime, "--config", _daemon.Configuration);

        Assert.Equal((0, ""), (run.ExitStatus, run.Error));
        using JsonDocument status = JsonDocument.Parse(run.Output);
        Assert.Equal(_daemon.Process.Id, status.RootElement.GetProperty("processId").GetInt32());
        Assert.Equal(_daemon.Mount, status.RootElement.GetProperty("volumes")[0].GetProperty("mount").GetString());
        Assert.Equal("through the mount", File.ReadAllText(Path.Combine(_daemon.Backing, "f")));
    }

    [Fact]
    public async Task On_SIGTERM_it_unmounts_removes_its_sockets_and_returns_0()
    {
        await _daemon.StartAsync();

        int? status = await _daemon.Process.EndAsync();

        Assert.Equal(0, status);
        Assert.Null(MountTable.FilesystemTypeAt(_daemon.Mount));
        Assert.Empty(Directory.GetFiles(_daemon.Runtime, "*.sock"));
    }

    [Fact]
    public async Task After_a_SIGKILL_the_next_start_replaces_the_stale_mount_and_sockets()
    {
        await _daemon.StartAsync();
        File.WriteAllText(Path.Combine(_daemon.Backing, "f"), "still here");
        await _daemon.Process.KillAsync();
        Assert.NotNull(MountTable.FilesystemTypeAt(_daemon.Mount));
        Assert.NotEmpty(Directory.GetFiles(_daemon.Runtime, "*.sock"));

        await _daemon.StartAsync();

        Assert.Equal("still here", File.ReadAllText(Path.Combine(_daemon.Mount, "f")));
        Assert.Single(File.ReadLines("/proc/self/mountinfo"), line => line.Contains($" {_daemon.Mount} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_daemon_on_the_same_runtime_directory_refuses_and_the_first_goes_on()
    {
        await _daemon.StartAsync();

        ProgramRun second = await _daemon.RunAsync("serve", "--socket", _daemon.Runtime, "--config", _daemon.Configuration);

        Assert.Equal(2, second.ExitStatus);
        Assert.Equal(
            $"Sockets:Directory: another daemon (pid {_daemon.Process.Id}) runs on \"{_daemon.Runtime}\": " +
            "stop it, or give this one a directory of its own with --socket DIR\n",
            second.Error);
        await _daemon.Process.Admin.StatusAsync(_daemon.Patience);
    }

    [Fact]
    public async Task A_configuration_that_cannot_be_used_ends_it_with_status_2()
    {
        DemoException failure = await Assert.ThrowsAsync<DemoException>(() => _daemon.StartAsync("--volume", "/no/such:/nowhere"));

        Assert.StartsWith("the daemon ended with status 2: Volumes:1:Backing: \"/no/such\" does not exist", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_systemd_it_notifies_that_it_is_ready_and_logs_in_the_journals_format()
    {
        // Microsoft.Extensions.Hosting.Systemd takes a process for a service when its parent is called systemd: a shell of that name will do.
        string directory = Path.GetDirectoryName(_daemon.Runtime)!;
        string systemd = Path.Combine(directory, "systemd");
        File.Copy("/bin/sh", systemd);
        string path = Path.Combine(directory, "notify");
        using Socket notify = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notify.Bind(new UnixDomainSocketEndPoint(path));

        Task<ProgramRun> run = ProgramRun.OfAsync(
            systemd,
            [
                "-c", "NOTIFY_SOCKET=\"$1\"; export NOTIFY_SOCKET; shift; \"$@\"; exit $?", "systemd", path,
                TestDaemon.Executable, "serve", "--socket", _daemon.Runtime, "--config", _daemon.Configuration,
            ],
            _daemon.Patience);
        byte[] message = new byte[256];
        int length = await notify.ReceiveAsync(message, _daemon.Patience);

        Assert.Contains("READY=1", Encoding.UTF8.GetString(message, 0, length), StringComparison.Ordinal);
        ProgramRun status = await _daemon.RunAsync("status", "--socket", _daemon.Runtime, "--config", _daemon.Configuration);
        Assert.Equal(0, status.ExitStatus);
        await ProgramRun.OfAsync("/bin/sh", ["-c", $"kill $(cat '{_daemon.Runtime}/daxemu.pid')"], _daemon.Patience);
        ProgramRun ended = await run;
        Assert.Equal(0, ended.ExitStatus);
        Assert.StartsWith("<6>DaxEmu", ended.Output + ended.Error, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();
}
