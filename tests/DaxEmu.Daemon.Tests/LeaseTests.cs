using System.Diagnostics;
using System.Runtime.InteropServices;
using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>The policies that wait, between real processes: a client that holds a file, and a program that truncates it.</summary>
public class LeaseTests : IAsyncDisposable
{
    private const int FileLength = 4 << 20;

    // Long enough that a test which ends the wait by another way would fail by its patience.
    private const string Never = "86400000";

    private readonly TestDaemon _daemon;

    public LeaseTests()
        : this(isInPlace: false)
    {
    }

    private protected LeaseTests(bool isInPlace) => _daemon = new TestDaemon(isInPlace);

    private protected virtual string TimedOut => "Connection timed out";

    [Fact]
    public async Task Under_wait_a_truncate_returns_when_the_holder_lets_go()
    {
        string file = await ServeAsync("wait");
        using RdmaDevice device = OpenDevice();
        MemoryRegion region = device.CreateProtectionDomain().RegisterFile(file);
        Task<ProgramRun> truncate = TruncateAsync(file);
        await UntilWaitingAsync(file);
        Assert.False(region.LeaseBreak.IsCompleted);
        Assert.Equal(FileLength, new FileInfo(file).Length);

        region.Dispose();

        Assert.Equal((0, ""), Outcome(await truncate));
        Assert.Equal(0, new FileInfo(file).Length);
    }

    [Fact]
    public async Task Under_wait_a_limit_ends_the_waiting_with_an_error()
    {
        string file = await ServeAsync("wait", wait: "200");
        using RdmaDevice device = OpenDevice();
        using MemoryRegion region = device.CreateProtectionDomain().RegisterFile(file);

        ProgramRun late = await TruncateAsync(file);

        Assert.Contains(TimedOut, late.Error, StringComparison.Ordinal);
        Assert.Equal(FileLength, new FileInfo(file).Length);
    }

    [Fact]
    public async Task Under_wait_a_truncate_can_be_killed_and_then_nothing_happens_to_the_file()
    {
        string file = await ServeAsync("wait");
        using RdmaDevice device = OpenDevice();
        using MemoryRegion region = device.CreateProtectionDomain().RegisterFile(file);
        using Process stuck = Process.Start("truncate", ["--size=0", file]);
        await UntilWaitingAsync(file);
        stuck.Kill();
        await stuck.WaitForExitAsync(_daemon.Patience);

        region.Dispose();
        Assert.Equal(FileLength, new FileInfo(file).Length);
    }

    [Theory]
    [InlineData("lease-revoke")]
    [InlineData("lease-kill")]
    public async Task A_holder_that_is_told_and_lets_go_in_time_is_neither_revoked_nor_killed(string policy)
    {
        string file = await ServeAsync(policy);
        using RdmaDevice device = OpenDevice();
        MemoryRegion region = device.CreateProtectionDomain().RegisterFile(file);
        Task<ProgramRun> truncate = TruncateAsync(file);

        await region.LeaseBreak.WaitAsync(_daemon.Patience);
        AsyncEvent notice = await device.AsyncEvents.ReadAsync(_daemon.Patience);
        Assert.Equal((AsyncEventType.LeaseBreak, region), (notice.Type, notice.MemoryRegion));
        region.Dispose();

        Assert.Equal((0, ""), Outcome(await truncate));
        Assert.Empty(await EventsAsync<PinRevoked>(file));
    }

    [Fact]
    public async Task A_program_that_asked_for_a_signal_gets_it_with_each_break()
    {
        // SIGUSR2, which nothing else in the test process uses.
        const int Signal = 12;
        string file = await ServeAsync("lease-revoke");
        using SemaphoreSlim came = new(0);
        using PosixSignalRegistration handler = PosixSignalRegistration.Create((PosixSignal)Signal, context =>
        {
            context.Cancel = true;
            came.Release();
        });
        using RdmaDevice device = RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"), Signal);
        ProtectionDomain domain = device.CreateProtectionDomain();
        for (int round = 0; round < 2; round++)
        {
            MemoryRegion region = domain.RegisterFile(file);
            Task<ProgramRun> truncate = TruncateAsync(file);

            await came.WaitAsync(_daemon.Patience);
            await region.LeaseBreak.WaitAsync(_daemon.Patience);
            region.Dispose();

            Assert.Equal((0, ""), Outcome(await truncate));
            await File.WriteAllBytesAsync(file, new byte[FileLength], _daemon.Patience);
        }

        Assert.Equal(0, came.CurrentCount);
        RdmaException refused = Assert.Throws<RdmaException>(() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"), 65));
        Assert.Contains("there is no signal 65", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_the_lease_break_time_not_a_byte_is_written_to_the_file_by_a_peer_that_goes_on()
    {
        string file = await ServeAsync("lease-revoke", leaseBreak: "0");
        using VictimProcess holder = await VictimProcess.StartAsync(_daemon, file);
        using RdmaDevice device = OpenDevice();
        using Writer writer = new(device, FileLength, 0xa5);
        await writer.ConnectAsync(holder, _daemon.Patience);
        Task<CompletionStatus> failed = writer.WriteUntilItFailsAsync(RemoteMemory.Parse(holder.Introduction.Memory!), _daemon.Patience);
        await writer.FirstWrite;
        Assert.Equal(0xa5, File.ReadAllBytes(file)[^1]);

        // Cut and grown again: a write through a region that should be gone would show, wherever it lands.
        Assert.Equal((0, ""), Outcome(await TruncateAsync(file)));
        Assert.Equal((0, ""), Outcome(await ProgramRun.OfAsync("truncate", [$"--size={FileLength}", file], _daemon.Patience)));

        Assert.Equal(CompletionStatus.RemoteAccessError, await failed.WaitAsync(_daemon.Patience));
        Assert.DoesNotContain(File.ReadAllBytes(file), b => b != 0);
        Assert.False(Assert.Single(await EventsAsync<PinRevoked>(file)).Killed);
        Assert.Empty(await EventsAsync<Breach>(file));
    }

    [Fact]
    public async Task Under_lease_kill_a_holder_that_does_not_let_go_is_killed()
    {
        string file = await ServeAsync("lease-kill", leaseBreak: "100");
        using VictimProcess holder = await VictimProcess.StartAsync(_daemon, file);

        Assert.Equal((0, ""), Outcome(await TruncateAsync(file)));

        await holder.EndAsync(_daemon.Patience);
        PinRevoked revoked = Assert.Single(await EventsAsync<PinRevoked>(file));
        Assert.Equal((holder.Id, true), (revoked.Pin.Request.Owner.ProcessId, revoked.Killed));
        Assert.Equal(0, new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_revoked_region_can_be_deregistered_and_the_file_registered_again()
    {
        string file = await ServeAsync("lease-revoke", leaseBreak: "0");
        using RdmaDevice device = OpenDevice();
        ProtectionDomain domain = device.CreateProtectionDomain();
        MemoryRegion region = domain.RegisterFile(file);

        Assert.Equal((0, ""), Outcome(await ProgramRun.OfAsync("truncate", ["--size=4096", file], _daemon.Patience)));
        region.Dispose();
        using MemoryRegion again = domain.RegisterFile(file);

        Assert.Equal(4096, again.Length);
        Assert.Single(await _daemon.Process.Admin.PinsAsync(file, _daemon.Patience));
    }

    [Fact]
    public async Task A_daemon_that_ends_during_a_break_leaves_no_truncate_hanging()
    {
        string file = await ServeAsync("lease-revoke");
        using RdmaDevice device = OpenDevice();
        using MemoryRegion region = device.CreateProtectionDomain().RegisterFile(file);
        // By path: truncate(1) also closes a descriptor, which an unmount that comes first makes fail.
        Task<ProgramRun> truncate = ProgramRun.OfAsync("perl", ["-e", "truncate($ARGV[0], 0) or die $!", file], _daemon.Patience);
        await region.LeaseBreak.WaitAsync(_daemon.Patience);

        Assert.Equal(0, await _daemon.Process.EndAsync());

        // With the daemon its regions go, so the truncate may have been carried out; if not, it must have said so.
        bool isCut = (await truncate.WaitAsync(_daemon.Patience)).Succeeded;
        Assert.Equal(isCut ? 0 : FileLength, new FileInfo(Path.Combine(_daemon.Backing, "f")).Length);
    }

    [Fact]
    public async Task Under_odp_the_cut_part_fails_the_work_request_and_the_region_goes_on_when_the_file_grows_again()
    {
        string file = await ServeAsync("odp");
        using VictimProcess holder = await VictimProcess.StartAsync(_daemon, file);
        RemoteMemory target = RemoteMemory.Parse(holder.Introduction.Memory!);
        Assert.Equal((0, ""), Outcome(await TruncateAsync(file)));

        using (RdmaDevice device = OpenDevice())
        using (Writer writer = new(device, FileLength, 0xa5))
        {
            await writer.ConnectAsync(holder, _daemon.Patience);
            Assert.Equal(CompletionStatus.RemoteAccessError, await writer.WriteUntilItFailsAsync(target, _daemon.Patience));
        }

        Assert.NotEmpty(await EventsAsync<PinInvalidated>(file));
        Assert.NotEmpty(await EventsAsync<AccessFailed>(file));
        Assert.Empty(await EventsAsync<Breach>(file));
        Assert.Single(await _daemon.Process.Admin.PinsAsync(file, _daemon.Patience));
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static (int Status, string Error) Outcome(ProgramRun run) => (run.ExitStatus, run.Error);

    private async Task<string> ServeAsync(string policy, string leaseBreak = Never, string wait = "-1")
    {
        await File.WriteAllTextAsync(
            _daemon.Configuration,
            $$"""{ "Contract": { "LeaseBreakMilliseconds": {{leaseBreak}}, "WaitMilliseconds": {{wait}} } }""",
            _daemon.Patience);
        await _daemon.StartAsync();
        string file = Path.Combine(_daemon.Mount, "f");
        await File.WriteAllBytesAsync(file, new byte[FileLength], _daemon.Patience);
        Assert.Equal(0, (await _daemon.RunAsync("policy", "set", file, policy)).ExitStatus);
        return file;
    }

    private RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));

    private Task<ProgramRun> TruncateAsync(string file) => ProgramRun.OfAsync("truncate", ["--size=0", file], _daemon.Patience);

    private async Task<IReadOnlyList<T>> EventsAsync<T>(string file)
        where T : ContractEvent => [.. (await _daemon.Process.Admin.EventsAsync(file, _daemon.Patience)).OfType<T>()];

    private async Task UntilWaitingAsync(string file)
    {
        while ((await _daemon.Process.Admin.WhyAsync(file, _daemon.Patience)).Answer?.Operation is not { Verdict: null })
        {
            await Task.Yield();
        }
    }
}
