using DaxEmu.Contract;
using DaxEmu.Daemon.Compare;
using DaxEmu.Daemon.Tests.Legacy;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Daemon.Tests.Breaches.BreachedFile;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>What programs may do to a file with pins, and what the contract allowed: never a breach, however it is mixed with write-back.</summary>
[Collection(BreachCollection.Name)]
public sealed class NoBreachTests(BreachedVolumes volumes)
{
    private const int Steps = 400;
    private const int PinnedPages = 64;
    private const int PunchHole = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;

    public static TheoryData<string> Filesystems { get; } = [.. BreachedVolumes.Filesystems];

    private CancellationToken Patience => volumes.Daemon.Patience;

    [Theory]
    [MemberData(nameof(Filesystems))]
    public async Task Writing_growing_writing_back_and_what_the_policy_allows_is_no_breach(string filesystem)
    {
        using BreachedFile written = volumes.Make(filesystem);
        using BreachedFile kept = await volumes.MakeAsync(filesystem, "legacy");
        using BreachedFile followed = await volumes.MakeAsync(filesystem, "odp");
        using BreachedFile leased = await volumes.MakeAsync(filesystem, "lease-revoke");
        Grow(written);
        string[] links = await LinkAsync(written);
        using Traffic one = new(volumes.OpenDevice(), written.Mounted);
        using Traffic two = new(volumes.OpenDevice(), kept.Mounted);
        using Traffic three = new(volumes.OpenDevice(), followed.Mounted, isRead: true);
        Traffic four = new(volumes.OpenDevice(), leased.Mounted);

        // Deregistered when the truncate asks for it.
        async Task ReleaseAsync()
        {
            await four.LeaseBreak.WaitAsync(Patience);
            four.Dispose();
        }

        await Task.WhenAll(
            ReleaseAsync(),
            Task.Run(() => WriteInAllWays(written), Patience),
            Task.Run(() => Change(kept), Patience),
            Task.Run(() => Change(followed), Patience),
            Task.Run(() => Assert.Equal(0, Libc.Truncate(leased.Mounted, 0)), Patience));

        // Not meanwhile: the end of a child is a signal, which interrupts the truncate that waits.
        await WriteByProgramsAsync(links);

        Assert.True(await one.GoesOnAsync(Patience));
        foreach (BreachedFile file in new[] { written, kept, followed, leased })
        {
            IReadOnlyList<ContractEvent> events = await volumes.Daemon.Process.Admin.EventsAsync(file.Mounted, Patience);
            Assert.Equal([], events.OfType<Breach>().Select(b => b.Evidence));
        }
    }

    // The pinned part has data, a hole, unwritten blocks and data without blocks.
    private static void Grow(BreachedFile file)
    {
        file.Sync();
        file.Allocate(0, 24, 8);
        using SafeFileHandle open = file.Open();
        RandomAccess.SetLength(open, PinnedPages * Page);
        RandomAccess.Write(open, new byte[8 * Page], 40 * Page);
    }

    private static void WriteInAllWays(BreachedFile file)
    {
        SeededSequence random = new(1);
        using SafeFileHandle mounted = File.OpenHandle(file.Mounted, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using SafeFileHandle backing = file.Open();
        byte[] data = new byte[5 * Page];
        for (int step = 0; step < Steps; step++)
        {
            SafeFileHandle open = (int)random.Below(2) == 0 ? mounted : backing;
            string path = (int)random.Below(2) == 0 ? file.Mounted : file.Backing;
            switch ((int)random.Below(11))
            {
                case 0:
                    RandomAccess.FlushToDisk(open);
                    break;
                case 1:
                    file.Allocate(0, PinnedPages, 1 + (int)random.Below(64));
                    break;
                case 2:
                    RandomAccess.SetLength(open, (PinnedPages + (int)random.Below(64)) * Page);
                    break;
                case 3:
                    file.Allocate(PunchHole, PinnedPages + (int)random.Below(16), 1 + (int)random.Below(16));
                    break;
                case 4:
                    File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | (UnixFileMode)(int)random.Below(8));
                    break;
                case 5:
                    File.Move(path, path + ".moved");
                    File.Move(path + ".moved", path);
                    break;
                case 6:
                    Assert.Equal(0, Libc.Forget(open));
                    break;
                case 10:
                    Assert.Equal(0, Libc.Link(path, path + ".linked"));
                    File.Delete(path + ".linked");
                    break;
                case 7:
                    file.Allocate(0, (int)random.Below(PinnedPages), 1 + (int)random.Below(8));
                    break;
                default:
                    RandomAccess.Write(open, data.AsSpan(0, 1 + (int)random.Below(data.Length)), (int)random.Below((PinnedPages + 32) * Page));
                    break;
            }
        }
    }

    // By the mount and by the backing path, under names that stay while the file is renamed.
    private static async Task<string[]> LinkAsync(BreachedFile file)
    {
        string[] links = [file.Mounted + ".again", file.Backing + ".once-more"];
        await RunAsync("ln", file.Mounted, links[0]);
        await RunAsync("ln", file.Backing, links[1]);
        return links;
    }

    private static async Task WriteByProgramsAsync(string[] links)
    {
        foreach (string path in links)
        {
            await RunAsync("dd", "if=/dev/urandom", $"of={path}", "bs=20000", "count=12", "conv=notrunc,fsync", "status=none");
            await RunAsync(
                "fio", "--name=writes", $"--filename={path}", "--rw=randwrite", "--bsrange=1k-16k", $"--size={PinnedPages * Page}", "--io_size=1m",
                "--fsync=16", "--allow_file_create=0", "--fallocate=none", "--ioengine=psync");
            File.Delete(path);
        }
    }

    // By the mount, so that the contract is asked; tmpfs and btrfs know fewer operations.
    private static void Change(BreachedFile file)
    {
        SeededSequence random = new(1);
        using SafeFileHandle mounted = File.OpenHandle(file.Mounted, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] data = new byte[Page];
        for (int step = 0; step < Steps / 8; step++)
        {
            switch ((int)random.Below(4))
            {
                case 0:
                    RandomAccess.SetLength(mounted, (int)random.Below(Pages * Page));
                    break;
                case 1:
                    Assert.Equal(0, Libc.Allocate(mounted, PunchHole, (int)random.Below(Pages) * Page, Page));
                    break;
                case 2:
                    _ = Libc.Allocate(mounted, Libc.FALLOC_FL_ZERO_RANGE, (int)random.Below(Pages) * Page, Page);
                    break;
                default:
                    RandomAccess.Write(mounted, data, (int)random.Below(Pages) * Page);
                    break;
            }
        }
    }
}
