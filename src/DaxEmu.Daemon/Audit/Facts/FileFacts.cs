namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>A file's or directory's own state.</summary>
/// <param name="IsDirectory">True for a directory.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Allocated">Bytes of disk or memory that it takes.</param>
/// <param name="PageSize">Bytes in the pages that it is mapped by.</param>
/// <param name="Permissions">The nine permission bits, and set-user-ID and its like.</param>
/// <param name="Owner">User id.</param>
/// <param name="Names">Hard links; 0 when the last name is gone.</param>
/// <param name="Dax">True when accesses bypass the page cache now.</param>
/// <param name="Flags">What the filesystem keeps with it.</param>
/// <param name="SwapFile">True when the kernel swaps to it.</param>
/// <param name="Layer">On overlayfs, where its bytes are.</param>
internal sealed record FileFacts(
    bool IsDirectory,
    long Size,
    long Allocated,
    long PageSize,
    uint Permissions,
    uint Owner,
    uint Names,
    bool Dax,
    FileFlags Flags,
    bool SwapFile,
    OverlayLayer Layer)
{
    /// <summary>True when a flag is set.</summary>
    public bool Has(FileFlags flag) => (Flags & flag) != 0;
}
