namespace DaxEmu.Linux.Processes;

/// <summary>System calls that touch the content of files, told apart as far as that matters for the blocks under them.</summary>
public enum SystemCall
{
    /// <summary>Another, or one that could not be read.</summary>
    Other,

    /// <summary>One that moves bytes or maps a file, and leaves blocks where they are: read(2), write(2) and their kin.</summary>
    Transfer,

    /// <summary>execve(2), execveat(2).</summary>
    Execute,

    /// <summary>truncate(2).</summary>
    Truncate,

    /// <summary>ftruncate(2).</summary>
    TruncateDescriptor,

    /// <summary>fallocate(2).</summary>
    Allocate,

    /// <summary>madvise(2).</summary>
    Advise,

    /// <summary>process_madvise(2).</summary>
    AdviseProcess,

    /// <summary>ioctl(2).</summary>
    Control,

    /// <summary>copy_file_range(2).</summary>
    CopyRange,

    /// <summary>open(2).</summary>
    Open,

    /// <summary>creat(2).</summary>
    Create,

    /// <summary>openat(2).</summary>
    OpenAt,

    /// <summary>openat2(2).</summary>
    OpenAtHow,

    /// <summary>open_by_handle_at(2).</summary>
    OpenByHandle,

    /// <summary>io_uring_enter(2).</summary>
    EnterRing,
}
