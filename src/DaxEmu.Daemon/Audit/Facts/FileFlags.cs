namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>Flags of a file: from statx(2), FS_IOC_GETFLAGS and FS_IOC_FSGETXATTR.</summary>
[Flags]
internal enum FileFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>chattr +i.</summary>
    Immutable = 1,

    /// <summary>chattr +a.</summary>
    AppendOnly = 2,

    /// <summary>chattr +c.</summary>
    Compressed = 4,

    /// <summary>chattr +C: written in place on a filesystem that otherwise copies.</summary>
    NoCopyOnWrite = 8,

    /// <summary>fscrypt.</summary>
    Encrypted = 16,

    /// <summary>fs-verity.</summary>
    Verity = 32,

    /// <summary>chattr +x: DAX is wanted.</summary>
    DaxWanted = 64,

    /// <summary>chattr +j: data goes through the journal.</summary>
    JournalledData = 128,

    /// <summary>xfs_io's chattr +f: xfs_fsr leaves it alone.</summary>
    NoDefragmentation = 256,
}
