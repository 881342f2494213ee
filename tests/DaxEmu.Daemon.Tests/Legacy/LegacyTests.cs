using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Programs;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>The policy legacy on a FUSE mount, and what only a mount sees.</summary>
public sealed class LegacyTests() : LegacyScenes(isInPlace: false)
{
    [Fact]
    public Task Without_passthrough_a_device_that_goes_on_writing_loses_no_write_and_puts_none_into_the_file_any_more() =>
        GoOnWritingAsync("--passthrough", "off");

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
    public async Task What_a_device_writes_between_two_syncs_is_said_to_be_not_durable()
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
        Assert.Contains($"NOT DURABLE{(told.IsHeldBack ? "" : " on a real kernel")}: 4096 bytes", events.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_held_back_is_lost_with_the_daemon_and_what_was_flushed_is_not()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        await Daemon.MountBackingAsync("ext4");
        string file = await ServeAsync("--passthrough", "off");
        using RdmaDevice device = OpenDevice();
        using Loopback nic = new(device, file);
        using MemoryRegion persistent = nic.Register(AccessFlags.All | AccessFlags.FlushPersistent);
        using FileStream program = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        program.Flush(flushToDisk: true);
        nic.Write(3 * Page, (byte)'D');
        nic.Write(5 * Page, (byte)'F');
        program.Flush(flushToDisk: true);
        Assert.Equal(('d', 'f'), ((char)Libc.OnDisk(file, 3 * Page), (char)Libc.OnDisk(file, 5 * Page)));

        nic.Persist(persistent, 5 * Page);
        Assert.Equal((byte)'D', ByteAt(file, 3 * Page));
        await Daemon.Process.KillAsync();

        string backing = Path.Combine(Daemon.Backing, "f");
        Assert.Equal(('d', 'F'), ((char)Libc.OnDisk(backing, 3 * Page), (char)Libc.OnDisk(backing, 5 * Page)));
        Assert.Equal((byte)'d', ByteAt(backing, 3 * Page));
    }

    [Fact]
    public async Task A_program_that_is_killed_leaves_its_pages_marked_as_changed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        await Daemon.MountBackingAsync("ext4");
        string file = await ServeAsync("--passthrough", "off");
        using RdmaDevice device = OpenDevice();
        using VictimProcess victim = await VictimProcess.StartAsync(Daemon, file);
        using (Loopback nic = new(device, file))
        {
            using FileStream program = new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            program.Flush(flushToDisk: true);
            nic.Write(3 * Page, (byte)'D');
            program.Flush(flushToDisk: true);
            Assert.Equal('d', (char)Libc.OnDisk(file, 3 * Page));

            await victim.KillAsync(Daemon.Patience);
            while ((await Daemon.Process.Admin.PinsAsync(file, Daemon.Patience)).Count > 1)
            {
                await Task.Yield();
            }

            // The region that wrote it is still there.
            Assert.Equal('D', (char)Libc.OnDisk(file, 3 * Page));
        }
    }
}
