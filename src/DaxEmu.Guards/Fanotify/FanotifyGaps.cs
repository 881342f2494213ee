namespace DaxEmu.Guards.Fanotify;

/// <summary>What the fanotify guard does not catch, or cannot answer in full.</summary>
internal static class FanotifyGaps
{
    private static readonly string[] Always =
    [
        "through a descriptor that was opened before the guard started only ftruncate(2) is caught: fallocate(2), reflinks and "
        + "madvise(MADV_REMOVE) through it are not",
        "an operation that had passed its check when the file was marked for its first pin is not judged: the watch tells of it as a breach",
        "operations that the kernel asks no listener about are not judged: moving blocks (EXT4_IOC_MOVE_EXT), changing the DAX flag, a truncate by "
        + "the kernel's NFS server or through an overlay, which the watch tells of as breaches; btrfs balance and defragment, which it cannot",
        "a file of another filesystem, mounted below the volume, is guarded where that has such events, and cannot be pinned where it has none; "
        + "through a descriptor that was opened before its first pin only ftruncate(2) is caught there",
        "under the policy ignore an operation on a pinned range fails with ETXTBSY: an event can be denied, not pretended",
        "an operation that waits is given up by a signal that kills only, and ends with ETXTBSY where other guards say ETIMEDOUT",
        "fsync(2) is not seen: under the policy legacy nobody is told what a real kernel would leave out of it",
        "a program that changes the flags of an openat2(2) that another of its threads is in can have its O_TRUNC taken for a plain open",
        "when the daemon is killed, every operation proceeds",
    ];

    internal static IReadOnlyList<string> Of(FanotifyGuardOptions options) =>
    [
        .. Always,
        options.IsStrict
            ? "an io_uring allocation or asynchronous open, a 32-bit program and a caller outside the guard's pid namespace cannot be read: on a "
                + "pinned file they are judged as the worst operation they may be (Unreadable is strict), so a harmless one may be refused"
            : "an io_uring allocation or asynchronous open, a 32-bit program and a caller outside the guard's pid namespace cannot be read and are "
                + "not judged (Unreadable is trusting)",
    ];
}
