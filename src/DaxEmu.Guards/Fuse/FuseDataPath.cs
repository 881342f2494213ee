namespace DaxEmu.Guards.Fuse;

/// <summary>How reads, writes and mappings of a mounted file reach the backing file.</summary>
public enum FuseDataPath
{
    /// <summary>
    /// The kernel hands them to the backing file (FUSE passthrough, Linux 6.9 and CAP_SYS_ADMIN): one page cache, stores through either
    /// path are seen through the other at once.
    /// </summary>
    Passthrough,

    /// <summary>
    /// The mount has a page cache of its own, which writes through to the backing file; stores through a mapping reach it with
    /// msync(2), fsync(2) or the kernel's write-back. A device must map the mounted file itself.
    /// </summary>
    PageCache,
}
