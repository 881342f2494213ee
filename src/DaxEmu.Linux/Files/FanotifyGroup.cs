using System.Runtime.InteropServices;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_fanotify;

namespace DaxEmu.Linux.Files;

/// <summary>
/// A fanotify(7) group for pre-content events (Linux 6.14, CAP_SYS_ADMIN): the kernel waits for an answer before it touches the content
/// of a marked file.
/// </summary>
public sealed unsafe partial class FanotifyGroup : IDisposable
{
    private const uint IgnoreMark = FAN_MARK_IGNORE | FAN_MARK_IGNORED_SURV_MODIFY;
    private const uint NonBlocking = 0x2;

    // Above those of groups that only ignore. A thread that waits for an answer holds on to the marks of all groups that its event met, and a
    // group that goes waits for it (fs/notify/mark.c, fsnotify_prepare_user_wait): so one that ignores must not go before those that answer.
    // When a process is killed, its highest descriptor goes first (fs/file.c, close_files; kernel/task_work.c).
    private const int AskingDescriptors = 1 << 14;

    private FanotifyGroup(SafeFileHandle descriptor) => Descriptor = descriptor;

    /// <summary>Readable while an event waits.</summary>
    public SafeFileHandle Descriptor { get; }

    /// <summary>fanotify_init(2). Events carry thread ids.</summary>
    /// <param name="group">The group, or null.</param>
    /// <param name="asks">False for one whose marks only ignore: it is to be closed after those that ask.</param>
    /// <returns>0 or the negated errno.</returns>
    public static int Open(out FanotifyGroup? group, bool asks = true)
    {
        int opened = FileCalls.Result(fanotify_init(
            FAN_CLASS_PRE_CONTENT | FAN_CLOEXEC | NonBlocking | FAN_REPORT_TID | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
            O_RDONLY | O_CLOEXEC));
        group = null;
        if (opened < 0)
        {
            return opened;
        }

        SafeFileHandle descriptor = new(opened, ownsHandle: true);
        if (asks && TryMoveUp(descriptor) is { } above)
        {
            descriptor.Dispose();
            descriptor = above;
        }

        group = new(descriptor);
        return 0;
    }

    /// <summary>Asks for events of a file, or no longer.</summary>
    /// <param name="file">The file; the descriptor may be O_PATH.</param>
    /// <param name="wanted">True to ask.</param>
    /// <param name="withOpens">Also when it is opened; to be the same when the mark is taken away.</param>
    /// <returns>0 or the negated errno.</returns>
    public int Mark(SafeFileHandle file, bool wanted, bool withOpens = false) =>
        Mark(file, wanted ? FAN_MARK_ADD : FAN_MARK_REMOVE, FAN_PRE_ACCESS | (withOpens ? FAN_OPEN_PERM : 0));

    /// <summary>Has events tell when a file has been opened, or no longer. Nobody waits for an answer to those.</summary>
    /// <param name="file">The file; the descriptor may be O_PATH.</param>
    /// <param name="wanted">True to be told.</param>
    /// <returns>0 or the negated errno.</returns>
    public int TellOpens(SafeFileHandle file, bool wanted) => Mark(file, wanted ? FAN_MARK_ADD : FAN_MARK_REMOVE, FAN_OPEN);

    /// <summary>
    /// Marks a file, or no longer, as one whose events are dropped in the kernel. A file opened while it has a mark of either kind can
    /// send events for as long as it stays open; one opened without cannot (fs/notify/fsnotify.c).
    /// </summary>
    /// <param name="file">The file; the descriptor may be O_PATH.</param>
    /// <param name="wanted">True to mark it.</param>
    /// <returns>0 or the negated errno.</returns>
    public int Ignore(SafeFileHandle file, bool wanted) => Mark(file, (wanted ? FAN_MARK_ADD : FAN_MARK_REMOVE) | IgnoreMark, FAN_PRE_ACCESS);

    /// <summary>
    /// As <see cref="Ignore"/>, for all files of a file system. A group whose marks ask needs another group for this: what a group ignores
    /// anywhere it ignores on every mark that an event meets.
    /// </summary>
    /// <param name="directory">Any directory of it; the descriptor may be O_PATH.</param>
    /// <returns>0 or the negated errno.</returns>
    public int IgnoreFileSystem(SafeFileHandle directory) => Mark(directory, FAN_MARK_ADD | FAN_MARK_FILESYSTEM | IgnoreMark, FAN_PRE_ACCESS);

    /// <summary>Answers an event, whose descriptor stays open.</summary>
    /// <param name="eventDescriptor">The descriptor that came with it.</param>
    /// <param name="errno">0 to allow it, or the errno it fails with: one of EPERM, EIO, EBUSY, ETXTBSY, EAGAIN, ENOSPC, EDQUOT.</param>
    /// <returns>0 or the negated errno.</returns>
    public int Answer(SafeFileHandle eventDescriptor, int errno)
    {
        ArgumentNullException.ThrowIfNull(eventDescriptor);
        Abi.fanotify_response response = new()
        {
            fd = (int)eventDescriptor.DangerousGetHandle(),
            response = errno == 0 ? FAN_ALLOW : FAN_DENY | ((uint)errno << FAN_ERRNO_SHIFT),
        };
        return Math.Min(FileContents.Write(Descriptor, MemoryMarshal.AsBytes(new ReadOnlySpan<Abi.fanotify_response>(in response))), 0);
    }

    /// <summary>Closes the group: what waits for an answer is allowed.</summary>
    public void Dispose() => Descriptor.Dispose();

    // Null where the limit of descriptors leaves no room there.
    private static SafeFileHandle? TryMoveUp(SafeFileHandle descriptor)
    {
        for (int least = AskingDescriptors; least > 64; least /= 2)
        {
            int moved = MemoryCalls.Fcntl(descriptor, F_DUPFD_CLOEXEC, least);
            if (moved >= 0)
            {
                return new SafeFileHandle(moved, ownsHandle: true);
            }
        }

        return null;
    }

    private int Mark(SafeFileHandle file, uint flags, ulong mask)
    {
        DescriptorPath path = DescriptorPath.Of(file);
        return FileCalls.Result(fanotify_mark(Descriptor, flags, mask, AT_FDCWD, (byte*)&path));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fanotify_init(uint flags, uint eventFlags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fanotify_mark(SafeFileHandle group, uint flags, ulong mask, int directory, byte* path);
}
