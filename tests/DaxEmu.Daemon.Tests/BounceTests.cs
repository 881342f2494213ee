using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests;

/// <summary>A guarded volume whose files are not mapped (Admission:Mapping is bounce), under traffic from another process.</summary>
public sealed class BounceTests : IAsyncDisposable
{
    private const int FileLength = 1 << 20;

    private readonly TestDaemon _daemon = new();

    [Fact]
    public async Task A_truncate_under_traffic_proceeds_at_once_fails_the_work_request_and_the_file_is_what_the_truncate_left()
    {
        string file = await ServeAsync();
        using VictimProcess holder = await VictimProcess.StartAsync(_daemon, file);
        using RdmaDevice device = OpenDevice();
        using Writer writer = new(device, FileLength, 0xa5);
        await writer.ConnectAsync(holder, _daemon.Patience);
        RemoteMemory target = RemoteMemory.Parse(holder.Introduction.Memory!);
        Task<CompletionStatus> failed = writer.WriteUntilItFailsAsync(target, _daemon.Patience);
        await writer.FirstWrite;
        Assert.Equal(0xa5, (await File.ReadAllBytesAsync(file, _daemon.Patience))[^1]);
        Assert.DoesNotContain(
            File.ReadLines($"/proc/{_daemon.Process.Id}/maps"), line => line.Contains(_daemon.Backing, StringComparison.Ordinal));

        ProgramRun truncate = await ProgramRun.OfAsync("truncate", ["--size=5000", file], _daemon.Patience);

        Assert.Equal((0, ""), (truncate.ExitStatus, truncate.Error));
        Assert.Equal(CompletionStatus.RemoteAccessError, await failed.WaitAsync(_daemon.Patience));
        Assert.Equal(5000, new FileInfo(Path.Combine(_daemon.Backing, "f")).Length);
        await UntilAsync(async () => (await EventsAsync<AccessFailed>(file)).Count > 0);
        AccessFailed why = Assert.Single(await EventsAsync<AccessFailed>(file));
        Assert.Equal((LayoutOperationKind.Truncate, "truncate"), (why.Cause!.Kind, why.Cause.Requester.Command));
        Assert.DoesNotContain(await _daemon.Process.Admin.EventsAsync(file, _daemon.Patience), e => e is Breach or Divergence or PinRevoked);

        // The region goes on with what the file has now.
        Pin pin = Assert.Single(await _daemon.Process.Admin.PinsAsync(file, _daemon.Patience));
        Assert.Equal((PinMapping.Bounce, true), (pin.Request.Mapping, pin.Yields));
        ProgramRun events = await _daemon.RunAsync("events", "--socket", _daemon.Runtime, file);
        Assert.Contains("taken by truncate of [5000, EOF)", events.Output, StringComparison.Ordinal);
        Assert.Contains("past the end of the file", events.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_punched_and_what_a_program_writes_is_what_a_peer_reads()
    {
        string file = await ServeAsync();
        using RdmaDevice device = OpenDevice();
        using ProtectionDomain domain = device.CreateProtectionDomain();
        using CompletionQueue completions = device.CreateCompletionQueue(16);
        using MemoryRegion region = domain.RegisterFile(file);
        using MemoryRegion buffer = domain.Allocate(FileLength);
        using QueuePair near = domain.CreateQueuePair(completions);
        using QueuePair far = domain.CreateQueuePair(completions);
        near.Connect(far.Address);
        far.Connect(near.Address);
        buffer.Span.Fill(0xa5);
        Assert.True((await near.WriteAsync(buffer.Local, region.Remote, _daemon.Patience)).IsSuccess);
        Assert.True(region.Span.IndexOfAnyExcept((byte)0xa5) < 0, "the program's own mapping shows what was written");

        ProgramRun punch = await ProgramRun.OfAsync(
            "fallocate", ["--punch-hole", "--offset", "4096", "--length", "8192", file], _daemon.Patience);
        region.Span[8192] = 7;
        Assert.True((await near.ReadAsync(buffer.Local, region.Remote, _daemon.Patience)).IsSuccess);

        Assert.Equal((0, ""), (punch.ExitStatus, punch.Error));
        Assert.Equal(await File.ReadAllBytesAsync(file, _daemon.Patience), buffer.Span.ToArray());
        Assert.Equal((0, 7, 0xa5), (buffer.Span[4096], buffer.Span[8192], buffer.Span[12288]));
    }

    [Fact]
    public async Task Without_passthrough_a_registration_is_refused_with_what_it_needs()
    {
        string file = await ServeAsync(passthrough: "off");
        using RdmaDevice device = OpenDevice();
        using ProtectionDomain domain = device.CreateProtectionDomain();

        RdmaException refused = Assert.Throws<RdmaException>(() => domain.RegisterFile(file));

        Assert.Contains("needs FUSE passthrough", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await _daemon.Process.Admin.PinsAsync(file, _daemon.Patience));
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Yield();
        }
    }

    private async Task<string> ServeAsync(string passthrough = "auto")
    {
        await File.WriteAllTextAsync(
            _daemon.Configuration,
            $$"""
            { "Volumes": [ { "Backing": "{{_daemon.Backing}}", "Mount": "{{_daemon.Mount}}", "Passthrough": "{{passthrough}}",
                             "Admission": { "Mapping": "bounce" } } ] }
            """,
            _daemon.Patience);
        await _daemon.StartConfiguredAsync();
        string file = Path.Combine(_daemon.Mount, "f");
        await File.WriteAllBytesAsync(file, new byte[FileLength], _daemon.Patience);
        return file;
    }

    private RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));

    private async Task<IReadOnlyList<T>> EventsAsync<T>(string file)
        where T : ContractEvent => [.. (await _daemon.Process.Admin.EventsAsync(file, _daemon.Patience)).OfType<T>()];
}
