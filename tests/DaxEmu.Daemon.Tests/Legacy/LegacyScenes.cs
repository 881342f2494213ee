using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>The policy legacy between real processes, with any guard: a region that keeps what a program takes from the file, and a daemon that says so.</summary>
public abstract class LegacyScenes : IAsyncDisposable
{
    private protected const int Page = 4096;
    private const int Pages = 16;

    private readonly TestDaemon _daemon;

    private protected LegacyScenes(bool isInPlace) => _daemon = new TestDaemon(isInPlace);

    private protected TestDaemon Daemon => _daemon;

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

    [Fact]
    public Task A_device_that_goes_on_writing_loses_no_write_and_puts_none_into_the_file_any_more() => GoOnWritingAsync();

    private protected async Task GoOnWritingAsync(params string[] arguments)
    {
        string file = await ServeAsync(arguments);
        using RdmaDevice device = OpenDevice();
        for (int round = 0; round < 50; round++)
        {
            PinnedFile.Make(file);
            using Loopback nic = new(device, file);
            using FileStream other = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(_daemon.Patience);
            TaskCompletionSource goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Task traffic = Task.Run(() => WriteAndReadBack(nic, goesOn, enough.Token), _daemon.Patience);
            await goesOn.Task;

            // By turns in each of the ways that a page can leave the file by.
            Assert.Equal(0, (round % 3) switch
            {
                0 => Libc.Allocate(other.SafeFileHandle, Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, 0, Pages * Page),
                1 => Libc.Allocate(other.SafeFileHandle, Libc.FALLOC_FL_ZERO_RANGE, 0, Pages * Page),
                _ => Libc.Truncate(file, 0) | Libc.Truncate(file, Pages * Page),
            });

            Assert.DoesNotContain(await File.ReadAllBytesAsync(file, _daemon.Patience), b => b != 0);
            await enough.CancelAsync();
            await traffic;
            Assert.DoesNotContain(await File.ReadAllBytesAsync(file, _daemon.Patience), b => b != 0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    // What one write left, the next read must bring, however the pages change hands in between.
    private static void WriteAndReadBack(Loopback nic, TaskCompletionSource goesOn, CancellationToken enough)
    {
        for (int n = 0; !enough.IsCancellationRequested; n++)
        {
            ulong at = (ulong)(n % Pages * Page);
            byte value = (byte)((n % 250) + 1);
            nic.Write(at, value);
            byte read = nic.Read(at);
            Assert.True(read == value, $"write {n} left {value} on page {n % Pages}, and {read} was read");
            goesOn.TrySetResult();
        }
    }

    private protected static byte ByteAt(string file, long offset)
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

    private protected async Task<string> ServeAsync(params string[] arguments)
    {
        await _daemon.StartAsync(arguments);
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

    private protected RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));

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
