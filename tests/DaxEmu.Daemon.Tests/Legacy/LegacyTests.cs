using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>The policy legacy between real processes: a region that keeps what a program takes from the file, and a daemon that says so.</summary>
public sealed class LegacyTests : IAsyncDisposable
{
    private const int Page = 4096;
    private const int Pages = 16;

    private readonly TestDaemon _daemon = new();

    [Fact]
    public async Task A_punched_page_lives_on_for_the_region_and_each_use_of_it_is_reported()
    {
        string file = await ServeAsync();
        using RdmaDevice device = OpenDevice();
        using Loopback nic = new(device, file);
        nic.Write(2 * Page, (byte)'W');
        Assert.Equal((byte)'W', ByteAt(file, 2 * Page));

        await PunchAsync(file, 2 * Page, Page);

        Assert.Equal(0, ByteAt(file, 2 * Page));
        Assert.Equal(0, nic.Region.Span[2 * Page]);
        Assert.Equal((byte)'W', nic.Read(2 * Page));
        nic.Write(2 * Page, (byte)'X');
        Assert.Equal(0, ByteAt(file, 2 * Page));
        Assert.Equal((byte)'X', nic.Read(2 * Page));
        Assert.Equal((byte)'d', nic.Read(3 * Page));

        IReadOnlyList<Divergence> told = await DivergencesAsync(file, 2);
        Assert.Equal([PinAccess.Read, PinAccess.Write], told.Select(d => d.Access));
        Assert.All(told, d => Assert.Equal(
            (new ByteRange(2 * Page, 3 * Page), LayoutOperationKind.PunchHole, "fallocate", $"rkey 0x{nic.Region.RKey:x}"),
            (d.Range, d.Cause.Kind, d.Cause.Requester.Command, d.Pin.Request.Region)));
        ProgramRun why = await _daemon.RunAsync("why", file, "--socket", _daemon.Runtime);
        Assert.Contains("wrote [8192, 12288)", why.Output, StringComparison.Ordinal);
        Assert.Contains("punch-hole of [8192, 12288)", why.Output, StringComparison.Ordinal);
        ProgramRun events = await _daemon.RunAsync("events", file, "--socket", _daemon.Runtime);
        Assert.Contains("DIVERGENCE: rkey", events.Output, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _daemon.DisposeAsync();

    private static byte ByteAt(string file, long offset)
    {
        using FileStream stream = File.OpenRead(file);
        stream.Position = offset;
        return (byte)stream.ReadByte();
    }

    private async Task PunchAsync(string file, long offset, long length)
    {
        ProgramRun run = await ProgramRun.OfAsync(
            "fallocate", ["--punch-hole", "--offset", $"{offset}", "--length", $"{length}", file], _daemon.Patience);
        Assert.Equal((0, ""), (run.ExitStatus, run.Error));
    }

    private async Task<string> ServeAsync()
    {
        await _daemon.StartAsync();
        string file = Path.Combine(_daemon.Mount, "f");
        byte[] bytes = new byte[Pages * Page];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)('a' + (i / Page));
        }

        await File.WriteAllBytesAsync(file, bytes, _daemon.Patience);
        Assert.Equal(0, (await _daemon.RunAsync("policy", "set", file, "legacy")).ExitStatus);
        return file;
    }

    private RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));

    private async Task<IReadOnlyList<Divergence>> DivergencesAsync(string file, int wanted)
    {
        while (true)
        {
            List<Divergence> told = [.. (await _daemon.Process.Admin.EventsAsync(file, _daemon.Patience)).OfType<Divergence>()];
            if (told.Count >= wanted)
            {
                return told;
            }

            await Task.Yield();
        }
    }
}
