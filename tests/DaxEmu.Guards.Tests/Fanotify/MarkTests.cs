using System.Globalization;
using DaxEmu.Contract;
using DaxEmu.Linux;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>A file is marked while it has pins, and by nobody's doing longer; the daemon's own accesses are its own.</summary>
public sealed class MarkTests
{
    [Fact]
    public async Task A_file_is_marked_from_its_first_pin_to_its_last()
    {
        using GuardedDirectory directory = new();
        string file = directory.WriteFile("data");
        Assert.False(IsMarked(file));
        PinnedPages first = await directory.Pin(file, 0, 4);
        Assert.True(IsMarked(file));
        PinnedPages second = await directory.Pin(file, 4, 8);

        first.Dispose();
        Assert.True(IsMarked(file));
        Assert.Equal(-ETXTBSY, Libc.Truncate(file, 0));
        second.Dispose();

        Assert.False(IsMarked(file));
        Assert.Null(directory.Volume.Hold(new FileIdentity(1, 1)));
        Assert.Equal(0, Libc.Truncate(file, 0));
    }

    [Fact]
    public async Task What_the_guards_own_process_does_to_a_pinned_file_is_not_judged()
    {
        using GuardedDirectory directory = new(judgesTests: false);
        string file = directory.WriteFile("data");
        using PinnedPages pin = await directory.Pin(file, 4, 8);
        Command.Run("truncate", "-s", "0", file).MustFailWith("Text file busy");

        using (MappedFile mapped = new(file, 16))
        {
            Assert.Equal((byte)'e', mapped.Bytes[4 * Libc.Page]);
            Assert.Equal(0, mapped.Remove(page: 4));
        }

        Assert.Equal(16 * Libc.Page, File.ReadAllBytes(file).Length);
        Assert.Equal(0, Libc.Truncate(file, 0));
        Assert.Single(directory.Journal.Of().OfType<LayoutDecided>());
    }

    /// <summary>A thread that holds a lock which the judging of others needs, and reaches for the file under it.</summary>
    [Fact]
    public async Task The_guards_own_accesses_are_answered_while_all_that_judges_is_held_up()
    {
        using StalledContract contract = new();
        using GuardedDirectory directory = new(contract: contract, judgesTests: false);
        string file = directory.WriteFile("data");
        FileIdentity identity = directory.Announce(file);
        Task<Command>[] stuck = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => Command.Run("truncate", "-s", "5", file)))];
        await contract.Asked;

        Assert.Equal(16 * Libc.Page, File.ReadAllBytes(file).Length);
        Command.Run("cat", file).MustSucceed();

        contract.Release();
        foreach (Task<Command> one in stuck)
        {
            (await one).MustSucceed();
        }

        directory.Guard.OnUnpinned(identity);
    }

    [Fact]
    public void A_filesystem_without_such_events_is_said_to_have_none()
    {
        Root.IsNeededTo("mount");
        string mount = Directory.CreateTempSubdirectory("daxemu-guards-").FullName;
        Command.Run("mount", "-t", "tmpfs", "daxemu-test", mount).MustSucceed();
        try
        {
            using InPlaceVolume volume = InPlaceVolume.Open(mount);
            Assert.Null(DaxEmu.Guards.Fanotify.FanotifyGuard.TryStart(volume, new WaitingContract(), new RecordedEvents(), new(), out string obstacle));
            Assert.Contains("EOPNOTSUPP", obstacle, StringComparison.Ordinal);
        }
        finally
        {
            Command.Run("umount", mount).MustSucceed();
            Directory.Delete(mount);
        }
    }

    /// <summary>A filesystem without such events can be mounted below one that has them.</summary>
    [Fact]
    public void A_file_that_cannot_be_marked_cannot_be_pinned()
    {
        using GuardedDirectory directory = new();
        string below = Directory.CreateDirectory(Path.Combine(directory.Path, "below")).FullName;
        Command.Run("mount", "-t", "tmpfs", "daxemu-test", below).MustSucceed();
        try
        {
            string file = directory.WriteFile("below/data");
            using SafeFileHandle descriptor = File.OpenHandle(file);
            Assert.True(directory.Guard.TryResolveBacking(descriptor, out BackingFile? backing));
            using (backing)
            {
                LinuxException refused = Assert.Throws<LinuxException>(() => directory.Guard.OnPinned(backing.Identity));
                Assert.Equal((EOPNOTSUPP, $"fanotify_mark(\"{file}\", FAN_PRE_ACCESS | FAN_OPEN_PERM)"), (refused.Errno, refused.Call));
            }

            Assert.Null(directory.Volume.Hold(backing.Identity));
        }
        finally
        {
            // Lazily: a pin that was taken in spite of all keeps it busy.
            Command.Run("umount", "--lazy", below).MustSucceed();
        }
    }

    // proc(5), /proc/PID/fdinfo: "fanotify ino:4f969 sdev:800013 mflags:0 mask:3b ignored_mask:40000000 ...".
    private static bool IsMarked(string file)
    {
        string inode = Command.Run("stat", "-c", "%i", file).MustSucceed().Output.Trim();
        string line = $"fanotify ino:{ulong.Parse(inode, CultureInfo.InvariantCulture):x} ";
        return Directory.GetFiles("/proc/self/fdinfo").Any(info => Read(info).Contains(line, StringComparison.Ordinal));
    }

    private static string Read(string info)
    {
        try
        {
            return File.ReadAllText(info);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
