using DaxEmu.Contract;
using DaxEmu.Daemon.Tests.Legacy;
using Xunit;
using static DaxEmu.Daemon.Tests.Breaches.BreachedFile;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>A way to change a file's layout behind its guard.</summary>
/// <param name="Name">The operation.</param>
/// <param name="Filesystems">Where it can be done.</param>
/// <param name="First">The first page that is affected.</param>
/// <param name="End">The page after the last that is.</param>
/// <param name="Is">What the first page may be then.</param>
/// <param name="Do">Does it.</param>
internal sealed record Sabotage(string Name, string[] Filesystems, int First, int End, ByteState[] Is, Func<BreachedFile, Task> Do)
{
    private const int PunchHole = Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE;

    private static readonly string[] Everywhere = BreachedVolumes.Filesystems;
    private static readonly string[] WithBlocks = ["ext4", "xfs"];

    // A device that writes to another page of a large folio has the whole of it dirty, and the filesystem ready to give it blocks.
    private static readonly ByteState[] Gone = [ByteState.Hole, ByteState.Cached];

    public static IReadOnlyList<Sabotage> All { get; } =
    [
        new("truncate", Everywhere, 8, 16, [ByteState.BeyondEnd], Now(f => Cut(f, 8))),
        new("open with O_TRUNC", Everywhere, 0, 16, [ByteState.BeyondEnd], Now(f => File.Open(f.Backing, FileMode.Truncate).Dispose())),
        new("truncate, then grow", Everywhere, 8, 16, [ByteState.BeyondEnd, .. Gone], Now(f => Cut(f, 8, 16))),
        new("punch-hole", Everywhere, 4, 6, Gone, Now(f => f.Allocate(PunchHole, 4, 2))),
        new("punch-hole of data without a block", WithBlocks, 4, 6, Gone, Now(f => f.Allocate(PunchHole, 4, 2)))
        {
            Prepare = _ => Task.CompletedTask,
            IsRead = true,
        },
        new("punch-hole by another mount", WithBlocks, 4, 6, Gone, ByAnotherMountAsync),
        new("madvise(MADV_REMOVE)", Everywhere, 4, 6, Gone, Now(f => f.Remove(4, 2))) { Prepare = Now(f => f.Map()) },
        new("zero-range", WithBlocks, 4, 6, [ByteState.Unwritten], Now(f => f.Allocate(Libc.FALLOC_FL_ZERO_RANGE, 4, 2))),
        new("collapse-range", WithBlocks, 4, 16, [ByteState.Written], Now(f => f.Allocate(Libc.FALLOC_FL_COLLAPSE_RANGE, 4, 2))),
        new("insert-range", WithBlocks, 4, 16, Gone, Now(f => f.Allocate(Libc.FALLOC_FL_INSERT_RANGE, 4, 2))),
        new("reflink-into", ["xfs"], 4, 6, [ByteState.Written], f => XfsAsync($"reflink {f.Other} 0 16384 8192", f.Backing)),
        new("reflink-from", ["xfs"], 4, 6, [ByteState.Written], f => XfsAsync($"reflink {f.Backing} 16384 0 8192", f.Other)),
        new("dedupe", ["xfs"], 4, 6, [ByteState.Written], f => XfsAsync($"dedupe {f.Other} 16384 16384 8192", f.Backing)),
        new("change of the DAX flag", ["xfs"], 0, 16, [ByteState.Written], f => XfsAsync("chattr +x", f.Backing)) { IsRead = true },
        new("defragmentation", ["ext4"], 0, 13, [ByteState.Written], f => RunAsync("e4defrag", f.Backing)) { Prepare = FragmentAsync, IsRead = true },
    ];

    /// <summary>Done before the file is registered; written back, unless the row says otherwise.</summary>
    public Func<BreachedFile, Task> Prepare { get; init; } = Now(f => f.Sync());

    /// <summary>The device reads meanwhile; otherwise it writes, which dirties pages.</summary>
    public bool IsRead { get; init; }

    /// <summary>The bytes that are affected.</summary>
    public ByteRange Range => new((ulong)(First * Page), (ulong)(End * Page));

    private static Func<BreachedFile, Task> Now(Action<BreachedFile> change) => file =>
    {
        change(file);
        return Task.CompletedTask;
    };

    private static void Cut(BreachedFile file, params int[] pages)
    {
        foreach (int size in pages)
        {
            Assert.Equal(0, Libc.Truncate(file.Backing, size * Page));
        }
    }

    private static async Task ByAnotherMountAsync(BreachedFile file)
    {
        using TemporaryDirectory place = new();
        string mount = place.Make("again");
        await RunAsync("mount", "--bind", Path.GetDirectoryName(file.Backing)!, mount);
        try
        {
            using BreachedFile again = new(file.Mounted, Path.Combine(mount, Path.GetFileName(file.Backing)));
            again.Allocate(PunchHole, 4, 2);
        }
        finally
        {
            await RunAsync("umount", mount);
        }
    }

    private static Task XfsAsync(string command, string file) => RunAsync("xfs_io", "-c", command, file);

    private static Task FragmentAsync(BreachedFile file)
    {
        file.Sync();
        foreach (int page in new[] { 12, 8, 4 })
        {
            file.Allocate(Libc.FALLOC_FL_COLLAPSE_RANGE, page, 1);
        }

        return Task.CompletedTask;
    }
}
