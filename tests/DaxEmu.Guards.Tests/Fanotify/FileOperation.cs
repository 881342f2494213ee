using DaxEmu.Contract;
using static DaxEmu.Abi.linux_falloc;
using static DaxEmu.Abi.linux_fs;
using static DaxEmu.Abi.xfs_fs;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>A way to change the blocks under pages 4 to 7 of a file of 16.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What the contract is asked.</param>
/// <param name="Range">The bytes that it is asked for.</param>
/// <param name="Run">Does it to a file, by its path, a descriptor of it and another file: 0 or the negated errno.</param>
internal sealed record FileOperation(string Name, LayoutOperationKind Kind, ByteRange Range, Func<string, int, int, int> Run)
{
    private const int P = Libc.Page;

    // _IOW('X', 129, struct xfs_exchange_range), of 40 bytes.
    private const uint XFS_IOC_EXCHANGE_RANGE = 0x40285881;

    /// <summary>All.</summary>
    internal static IReadOnlyList<FileOperation> All { get; } =
    [
        new("truncate", LayoutOperationKind.Truncate, ByteRange.From(5000), (path, _, _) => Libc.Truncate(path, 5000)),
        new("ftruncate", LayoutOperationKind.Truncate, ByteRange.From(5 * P), (_, file, _) => Libc.Ftruncate(file, 5 * P)),
        new("open O_TRUNC", LayoutOperationKind.OpenTruncate, ByteRange.From(0), (path, _, _) => Opened(Libc.Open(path, Libc.O_WRONLY | Libc.O_TRUNC))),
        new("open by handle O_TRUNC", LayoutOperationKind.OpenTruncate, ByteRange.From(0), (path, file, _) => Opened(Libc.OpenByHandle(path, file, Libc.O_WRONLY | Libc.O_TRUNC))),
        new("open of old O_TRUNC", LayoutOperationKind.OpenTruncate, ByteRange.From(0), (path, _, _) => Opened(Libc.OpenAsOfOld(path, Libc.O_WRONLY | Libc.O_TRUNC))),
        new("openat2 O_TRUNC", LayoutOperationKind.OpenTruncate, ByteRange.From(0), (path, _, _) => Opened(Libc.OpenHow(path, Libc.O_WRONLY | Libc.O_TRUNC))),
        new("creat", LayoutOperationKind.OpenTruncate, ByteRange.From(0), (path, _, _) => Opened(Libc.Create(path))),
        Allocation("punch", LayoutOperationKind.PunchHole, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE),
        Allocation("zero", LayoutOperationKind.ZeroRange, FALLOC_FL_ZERO_RANGE),
        Allocation("zero and keep size", LayoutOperationKind.ZeroRange, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE),
        new("collapse", LayoutOperationKind.CollapseRange, ByteRange.From(0), (_, file, _) => Libc.Fallocate(file, FALLOC_FL_COLLAPSE_RANGE, 0, P)),
        new("insert", LayoutOperationKind.InsertRange, ByteRange.From(0), (_, file, _) => Libc.Fallocate(file, FALLOC_FL_INSERT_RANGE, 0, P)),
        new("unshare", LayoutOperationKind.Exchange, ByteRange.OfLength(5 * P, P), (_, file, _) => Libc.Fallocate(file, FALLOC_FL_UNSHARE_RANGE, 5 * P, P)),
        new("exchange with another", LayoutOperationKind.Exchange, ByteRange.OfLength(5 * P, P), (_, file, other) => Exchange(file, other)),
        new("exchange by another", LayoutOperationKind.Exchange, ByteRange.OfLength(5 * P, P), (_, file, other) => Exchange(other, file)),
        new("madvise remove", LayoutOperationKind.PunchHole, ByteRange.OfLength(5 * P, P), (_, file, _) => Remove(file)),
        new("ioctl punch", LayoutOperationKind.PunchHole, ByteRange.OfLength(5 * P, P), (_, file, _) => Reserve(file, XFS_IOC_UNRESVSP64)),
        new("ioctl zero", LayoutOperationKind.ZeroRange, ByteRange.OfLength(5 * P, P), (_, file, _) => Reserve(file, XFS_IOC_ZERO_RANGE)),
        new("clone into", LayoutOperationKind.ReflinkInto, ByteRange.From(0), (_, file, other) => Libc.Control(file, FICLONE, other)),
        new("clone from", LayoutOperationKind.ReflinkFrom, ByteRange.From(0), (_, file, other) => Libc.Control(other, FICLONE, file)),
        new("clone a range into", LayoutOperationKind.ReflinkInto, ByteRange.OfLength(5 * P, P), (_, file, other) => CloneRange(file, other)),
        new("clone a range from", LayoutOperationKind.ReflinkFrom, ByteRange.OfLength(5 * P, P), (_, file, other) => CloneRange(other, file)),
        new("dedupe", LayoutOperationKind.Dedupe, ByteRange.OfLength(5 * P, P), (_, file, other) => Dedupe(file, other)),
    ];

    /// <summary>True when a filesystem has it.</summary>
    internal bool WorksOn(string filesystem) => Kind switch
    {
        LayoutOperationKind.Exchange => filesystem == "xfs",
        LayoutOperationKind.CollapseRange or LayoutOperationKind.InsertRange => filesystem != "btrfs",
        LayoutOperationKind.ReflinkInto or LayoutOperationKind.ReflinkFrom or LayoutOperationKind.Dedupe => filesystem != "ext4",
        _ => true,
    };

    private static FileOperation Allocation(string name, LayoutOperationKind kind, uint mode) => new(
        name, kind, ByteRange.OfLength((5 * P) + 10, 5000), (_, file, _) => Libc.Fallocate(file, mode, (5 * P) + 10, 5000));

    private static int Opened(int descriptor)
    {
        if (descriptor < 0)
        {
            return descriptor;
        }

        Libc.Close(descriptor);
        return 0;
    }

    private static unsafe int Remove(int file)
    {
        byte* mapped = Libc.Map(file, 16 * P);
        int removed = Libc.Madvise(mapped + (5 * P), P, Libc.MADV_REMOVE);
        Libc.Unmap(mapped, 16 * P);
        return removed;
    }

    // linux/falloc.h: struct space_resv.
    private static int Reserve(int file, uint request) => Control(file, request, [0, 5 * P, P, 0, 0, 0]);

    // xfs/xfs_fs.h: struct xfs_exchange_range {file1_fd, file1_offset, file2_offset, length, flags}.
    private static int Exchange(int one, int with) => Control(one, XFS_IOC_EXCHANGE_RANGE, [with, 5 * P, 5 * P, P, 0]);

    // linux/fs.h: struct file_clone_range {src_fd, src_offset, src_length, dest_offset}.
    private static int CloneRange(int into, int from) => Control(into, FICLONERANGE, [from, 5 * P, P, 5 * P]);

    // linux/fs.h: struct file_dedupe_range {src_offset, src_length, dest_count, info {dest_fd, dest_offset, bytes_deduped, status}}.
    private static int Dedupe(int into, int from)
    {
        long[] range = [5 * P, P, 1, into, 5 * P, 0, 0];
        int done = Control(from, FIDEDUPERANGE, range);

        // status: below 0 the negated errno, 1 where the bytes differ.
        return done != 0 ? done : (int)range[6];
    }

    private static unsafe int Control(int descriptor, uint request, long[] argument)
    {
        fixed (long* a = argument)
        {
            return Libc.Control(descriptor, request, (nint)a);
        }
    }
}
