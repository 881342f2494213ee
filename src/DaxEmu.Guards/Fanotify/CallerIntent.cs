using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Guards.PreContent;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Processes;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_fs;
using static DaxEmu.Abi.xfs_fs;

namespace DaxEmu.Guards.Fanotify;

/// <summary>
/// What the caller behind an event is about to do. An event tells the file and a range in whole pages. The operation, and its range to the
/// byte, are in the registers of the caller's system call; of a caller that is in none, such as a worker of io_uring, the kernel's stack
/// tells the operation.
/// </summary>
/// <param name="Kind">The layout operation; null when it is none.</param>
/// <param name="Range">The bytes it is about.</param>
/// <param name="Call">The system call, where the caller is in one that can be read.</param>
/// <param name="Function">The kernel function that is the operation, where it is not.</param>
/// <param name="CanCopy">Refused, the caller copies bytes instead.</param>
internal sealed record CallerIntent(LayoutOperationKind? Kind, ByteRange Range, BlockedSystemCall Call, string? Function = null, bool CanCopy = false)
{
    private static readonly ByteRange Whole = ByteRange.From(0);

    /// <summary>Reads it.</summary>
    /// <param name="asked">The event.</param>
    /// <param name="file">Its file.</param>
    /// <param name="call">What the caller is in: <see cref="CallOf"/>.</param>
    /// <param name="isStrict">A caller that could be at more than one thing is taken to be at the worst; else to read or write.</param>
    internal static CallerIntent Of(PreContentEvent asked, FileIdentity file, BlockedSystemCall call, bool isStrict) =>
        (asked.IsOpen ? OfOpening(asked, call) : OfAccess(asked, file, call)) ?? OfStack(asked, call, isStrict);

    /// <summary>The system call that the caller waits in, as far as it has one. Waits for nothing.</summary>
    internal static BlockedSystemCall CallOf(PreContentEvent asked) =>
        asked.Thread == 0 ? BlockedSystemCall.Unknown : BlockedSystemCall.OfBlocking(asked.Thread);

    /// <summary>
    /// Whether more than the registers must be read: the caller's memory, or the file behind another descriptor of its own. Either may lie on a file
    /// system that the caller serves, or that does not answer.
    /// </summary>
    internal static bool MayWait(BlockedSystemCall call) => call.Call is SystemCall.OpenAtHow or SystemCall.CopyRange or SystemCall.Control;

    // Null where the call tells nothing.
    private static CallerIntent? OfOpening(PreContentEvent asked, BlockedSystemCall call)
    {
        ulong? flags = call.Call switch
        {
            SystemCall.Open => call.Argument(1),
            SystemCall.OpenAt or SystemCall.OpenByHandle => call.Argument(2),
            SystemCall.Create => O_TRUNC,

            // struct open_how begins with the flags.
            SystemCall.OpenAtHow => WordOf(asked.Thread, call.Argument(2)),

            // With O_TRUNC it is always left to a worker (io_uring/openclose.c).
            SystemCall.EnterRing or SystemCall.Execute => 0,
            _ => null,
        };
        return flags is { } known ? new((known & O_TRUNC) != 0 ? LayoutOperationKind.OpenTruncate : null, Whole, call) : null;
    }

    private static CallerIntent? OfAccess(PreContentEvent asked, FileIdentity file, BlockedSystemCall call)
    {
        switch (call.Call)
        {
            case SystemCall.Transfer or SystemCall.Execute:
                return new(null, default, call);
            case SystemCall.Truncate or SystemCall.TruncateDescriptor:
                return new(LayoutOperationKind.Truncate, LayoutReaches.RangeOf(LayoutOperationKind.Truncate, call.Argument(1), 0), call);
            case SystemCall.Allocate:
                LayoutOperationKind? kind = AllocationModes.KindOf((uint)call.Argument(1));
                return new(kind, kind is { } k ? LayoutReaches.RangeOf(k, call.Argument(2), call.Argument(3)) : default, call);
            case SystemCall.Advise or SystemCall.AdviseProcess:
                return new(call.IsMadviseRemove ? LayoutOperationKind.PunchHole : null, asked.Range, call);
            case SystemCall.CopyRange:
                return DescriptorStatus.MayShareBlocks(asked.File)
                    ? new(Reflink(asked.Thread, call.Argument(2), file), asked.Range, call, CanCopy: true)
                    : new(null, default, call);
            case SystemCall.Control:
                return new(KindOfControl(asked.Thread, call, file), asked.Range, call);
            default:
                return null;
        }
    }

    private static LayoutOperationKind? KindOfControl(int thread, BlockedSystemCall call, FileIdentity file) => (uint)call.Argument(1) switch
    {
        FICLONE or FICLONERANGE => Reflink(thread, call.Argument(0), file),
        FIDEDUPERANGE => LayoutOperationKind.Dedupe,
        XFS_IOC_RESVSP or XFS_IOC_RESVSP64 => null,
        XFS_IOC_UNRESVSP or XFS_IOC_UNRESVSP64 => LayoutOperationKind.PunchHole,
        XFS_IOC_ZERO_RANGE => LayoutOperationKind.ZeroRange,

        // A filesystem's own that asks for content: XFS_IOC_EXCHANGE_RANGE, and what may come.
        _ => LayoutOperationKind.Exchange,
    };

    private static CallerIntent OfStack(PreContentEvent asked, BlockedSystemCall call, bool isStrict)
    {
        KernelStack stack = KernelStack.Of(asked.Thread);
        if (asked.IsOpen)
        {
            return Unreadable(LayoutOperationKind.Unknown, Whole, stack.FirstOf("do_filp_open", "path_openat"));
        }

        if (stack.FirstOf("do_madvise", "io_madvise") is not null && stack.FirstOf("vfs_fallocate") is { } punching)
        {
            return new(LayoutOperationKind.PunchHole, asked.Range, call, punching);
        }

        if (stack.FirstOf("do_ftruncate", "vfs_truncate", "io_ftruncate") is { } cutting)
        {
            return new(LayoutOperationKind.Truncate, ByteRange.From(asked.Offset), call, cutting);
        }

        // The mode of an allocation is nowhere to be read.
        if (stack.FirstOf("vfs_fallocate") is { } allocating)
        {
            return Unreadable(LayoutOperationKind.Unknown, ByteRange.From(asked.Offset), allocating);
        }

        if (stack.FirstOf("vfs_copy_file_range", "vfs_clone_file_range", "vfs_dedupe_file_range", "vfs_dedupe_file_range_one") is { } sharing)
        {
            return Unreadable(LayoutOperationKind.ReflinkInto, asked.Range, sharing);
        }

        return stack.FirstOf("rw_verify_area", "vm_mmap_pgoff") is not null
            ? new(null, default, call)
            : Unreadable(LayoutOperationKind.Unknown, ByteRange.From(asked.Offset), null);

        CallerIntent Unreadable(LayoutOperationKind worst, ByteRange range, string? function) =>
            new(isStrict ? worst : null, range, call, function ?? "");
    }

    private static LayoutOperationKind Reflink(int thread, ulong target, FileIdentity file)
    {
        int known = FileStatus.StatusOf($"/proc/{thread}/fd/{(int)target}", 0, linux_stat.STATX_INO, out statx status);
        bool isSource = known == 0
            && (status.stx_ino != file.Inode || DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor) != file.Device);
        return isSource ? LayoutOperationKind.ReflinkFrom : LayoutOperationKind.ReflinkInto;
    }

    private static ulong? WordOf(int thread, ulong address) => ProcessMemory.TryReadWord(thread, address, out ulong word) ? word : null;
}
