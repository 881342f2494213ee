namespace DaxEmu.Daemon.Configuration;

/// <summary>What guards a volume.</summary>
internal enum GuardChoice
{
    /// <summary>With a mount the FUSE guard; without one the best that works where the directory lies.</summary>
    Auto,

    /// <summary>A FUSE mount.</summary>
    Fuse,

    /// <summary>fanotify pre-content events on the files where they are (Linux 6.14, CAP_SYS_ADMIN).</summary>
    Fanotify,

    /// <summary>The preloaded library in each program that uses the files where they are.</summary>
    Preload,

    /// <summary>Nothing.</summary>
    None,
}
