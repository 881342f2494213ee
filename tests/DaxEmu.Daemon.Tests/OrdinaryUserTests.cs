using System.Text.Json;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary><c>daxemu</c> without any privilege: as the user nobody, who has no session.</summary>
public sealed class OrdinaryUserTests : IDisposable
{
    private const string AsNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups env -u XDG_RUNTIME_DIR HOME=/tmp";
    private const string Executable = "/mnt/bin/daxemu";
    private readonly TemporaryDirectory _temporary = new();
    private readonly CancellationTokenSource _patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public OrdinaryUserTests() => _patience.CancelAfter(TimeSpan.FromMinutes(3));

    [Fact]
    public async Task The_demo_observes_every_step_and_leaves_nothing_behind()
    {
        await RequireAsync();
        ProgramRun run = await RootRunsAsync($"chown 65534:65534 {_temporary.Path}; TMPDIR={_temporary.Path} {AsNobody} {Executable} demo --json");

        Assert.True(run.ExitStatus == 0, run.Output + run.Error);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        JsonElement steps = report.RootElement.GetProperty("steps");
        Assert.Equal(7, steps.GetArrayLength());
        Assert.All(steps.EnumerateArray(), step => Assert.True(step.GetProperty("observed").GetBoolean(), step.ToString()));
        Assert.False(steps[0].GetProperty("evidence").GetProperty("passthrough").GetBoolean());
        Assert.Empty(Directory.GetFileSystemEntries(_temporary.Path));
        Assert.DoesNotContain(_temporary.Path, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_without_a_session_is_found_by_its_user_and_by_nobody_else()
    {
        await RequireAsync();
        ProgramRun run = await RootRunsAsync(
            $$"""
            mount -t tmpfs -o mode=1777 daxemu-test /tmp
            mkdir /tmp/backing /tmp/mount; chown 65534:65534 /tmp/backing /tmp/mount
            {{AsNobody}} {{Executable}} serve --volume /tmp/backing:/tmp/mount 2>/tmp/log & daemon=$!
            until {{AsNobody}} {{Executable}} status --json 2>/dev/null; do kill -0 $daemon || { cat /tmp/log >&2; exit 9; }; done
            test "$(stat -c '%a %u' /tmp/daxemu-65534)" = '700 65534'
            kill $daemon; wait $daemon
            ! grep fuse.daxemu.*/tmp/mount /proc/self/mounts
            """);

        Assert.True(run.ExitStatus == 0, run.Output + run.Error);
        using JsonDocument status = JsonDocument.Parse(run.Output);
        JsonElement volume = status.RootElement.GetProperty("volumes")[0];
        Assert.Contains("CAP_SYS_ADMIN", volume.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Contains(volume.GetProperty("gaps").EnumerateArray(), g => g.GetString()!.Contains("the user that runs the guard", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_runtime_directory_that_another_user_made_first_is_not_used()
    {
        await RequireAsync();
        ProgramRun run = await RootRunsAsync(
            $"mount -t tmpfs -o mode=1777 daxemu-test /tmp; mkdir -m 777 /tmp/daxemu-65534; {AsNobody} {Executable} serve");

        Assert.Equal(2, run.ExitStatus);
        Assert.Contains("\"/tmp/daxemu-65534\", which is not user 65534's own", run.Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _patience.Dispose();
        _temporary.Dispose();
    }

    private async Task RequireAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can become another user");
        ProgramRun reach = await RootRunsAsync($"{AsNobody} {Executable} version");
        Assert.SkipUnless(reach.Succeeded, $"the user nobody cannot run daxemu: {reach.Error}");
    }

    // In a mount namespace of its own, where nothing that is mounted outlives it, and where the build's output is in everybody's reach.
    private Task<ProgramRun> RootRunsAsync(string script) => ProgramRun.OfAsync(
        "unshare",
        [
            "--mount", "/bin/sh", "-ec",
            $"""
            mount -t tmpfs -o mode=755 daxemu-test /mnt; mkdir /mnt/bin; mount --bind '{AppContext.BaseDirectory}' /mnt/bin; cd /mnt/bin
            {script}
            """,
        ],
        _patience.Token);
}
