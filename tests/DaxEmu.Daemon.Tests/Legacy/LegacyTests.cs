using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>The policy legacy on a FUSE mount, and what only a mount sees.</summary>
public sealed class LegacyTests() : LegacyScenes(isInPlace: false)
{
    [Fact]
    public async Task Without_passthrough_more_operations_at_a_time_than_the_guard_has_threads_find_somebody_to_bring_their_pages()
    {
        _ = await ServeAsync("--passthrough", "off");
        using RdmaDevice device = OpenDevice();
        List<(string File, Loopback Nic)> all = [];
        for (int i = 0; i < 4 * Math.Max(4, Environment.ProcessorCount); i++)
        {
            string file = Path.Combine(Daemon.Mount, $"f{i}");
            PinnedFile.Make(file);
            Assert.Equal(0, (await Daemon.RunAsync("policy", "set", file, "legacy")).ExitStatus);
            using FileStream written = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            written.Flush(flushToDisk: true);

            // Out of the mount's page cache: whoever reads them next needs the guard.
            Assert.Equal(0, Libc.Forget(written.SafeFileHandle));
            all.Add((file, new Loopback(device, file)));
        }

        using Barrier start = new(all.Count);
        await Task.WhenAll(all.Select(each => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(Daemon.Patience);
                Assert.Equal(0, Libc.Truncate(each.File, 0));
            },
            Daemon.Patience, TaskCreationOptions.LongRunning, TaskScheduler.Default))).WaitAsync(Daemon.Patience);

        foreach ((_, Loopback nic) in all)
        {
            Assert.Equal((byte)'p', nic.Read(15 * Page));
            nic.Dispose();
        }
    }

    [Fact]
    public async Task What_a_device_writes_between_two_syncs_is_said_to_be_not_durable_on_a_real_kernel()
    {
        string file = await ServeAsync();
        using RdmaDevice device = OpenDevice();
        using Loopback nic = new(device, file);
        using FileStream program = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        nic.Write(0, (byte)'A');
        program.Flush(flushToDisk: true);
        nic.Write(3 * Page, (byte)'D');
        Assert.Equal((byte)'D', ByteAt(file, 3 * Page));
        program.Flush(flushToDisk: true);
        program.Flush(flushToDisk: true);

        NotDurable told = Assert.Single(
            (await Daemon.Process.Admin.EventsAsync(file, Daemon.Patience)).OfType<NotDurable>());
        Assert.Equal([new ByteRange(3 * Page, 4 * Page)], told.Ranges);
        Assert.Equal((Environment.ProcessId, $"rkey 0x{nic.Region.RKey:x}"), (told.Requester.ProcessId, told.Pin.Request.Region));
        ProgramRun events = await Daemon.RunAsync("events", file, "--socket", Daemon.Runtime);
        Assert.Contains("NOT DURABLE on a real kernel: 4096 bytes", events.Output, StringComparison.Ordinal);
    }
}
