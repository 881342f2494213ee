namespace DaxEmu.Contract;

/// <summary>Operations that change which blocks lie under a byte range. Growing a file, writing, reading, unlinking and renaming do not.</summary>
public enum LayoutOperationKind
{
    /// <summary>truncate(2), ftruncate(2) to a length: cuts all from there on.</summary>
    Truncate,

    /// <summary>open(2) with O_TRUNC: a truncate to 0.</summary>
    OpenTruncate,

    /// <summary>fallocate(2) FALLOC_FL_PUNCH_HOLE, madvise(2) MADV_REMOVE.</summary>
    PunchHole,

    /// <summary>fallocate(2) FALLOC_FL_ZERO_RANGE.</summary>
    ZeroRange,

    /// <summary>fallocate(2) FALLOC_FL_COLLAPSE_RANGE: moves all that follows.</summary>
    CollapseRange,

    /// <summary>fallocate(2) FALLOC_FL_INSERT_RANGE: moves all that follows.</summary>
    InsertRange,

    /// <summary>ioctl_ficlonerange(2), the file whose blocks are replaced.</summary>
    ReflinkInto,

    /// <summary>ioctl_ficlonerange(2), the file whose blocks become shared.</summary>
    ReflinkFrom,

    /// <summary>ioctl_fideduperange(2).</summary>
    Dedupe,

    /// <summary>XFS_IOC_EXCHANGE_RANGE, EXT4_IOC_MOVE_EXT; fallocate(2) FALLOC_FL_UNSHARE_RANGE, which gives the bytes other blocks.</summary>
    Exchange,

    /// <summary>A change of the file's DAX flag (FS_XFLAG_DAX).</summary>
    DaxFlagChange,

    /// <summary>One that a guard could not tell: any that begins there, so it is judged as the worst.</summary>
    Unknown,
}
