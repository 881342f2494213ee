using DaxEmu.Abi;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux.Files;
using static DaxEmu.Abi.linux_fs;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>A file's own state.</summary>
internal static class FileProbe
{
    private const int SectorSize = 512;

    /// <summary>Looks at it.</summary>
    public static FileFacts Look(Target target)
    {
        statx status = target.Status;
        bool huge = target.Mount?.Type == "hugetlbfs";
        return new(
            target.IsDirectory,
            (long)status.stx_size,
            (long)status.stx_blocks * SectorSize,
            huge ? status.stx_blksize : Environment.SystemPageSize,
            status.stx_mode & 0xfffu,
            status.stx_uid,
            status.stx_nlink,
            (status.stx_attributes & STATX_ATTR_DAX) != 0,
            FlagsOf(target),
            SwapFiles.Hold(target.Status),
            OverlayProbe.LayerOf(target));
    }

    private static FileFlags FlagsOf(Target target)
    {
        FileFlags flags = Translate(target.Status.stx_attributes,
            (STATX_ATTR_IMMUTABLE, FileFlags.Immutable), (STATX_ATTR_APPEND, FileFlags.AppendOnly), (STATX_ATTR_COMPRESSED, FileFlags.Compressed),
            (STATX_ATTR_ENCRYPTED, FileFlags.Encrypted), (STATX_ATTR_VERITY, FileFlags.Verity));
        if (target.Readable is not { } file)
        {
            return flags;
        }

        if (InodeFlags.Get(file, out uint inode) == 0)
        {
            flags |= Translate(inode,
                (FS_IMMUTABLE_FL, FileFlags.Immutable), (FS_APPEND_FL, FileFlags.AppendOnly), (FS_COMPR_FL, FileFlags.Compressed),
                (FS_ENCRYPT_FL, FileFlags.Encrypted), (FS_VERITY_FL, FileFlags.Verity), (FS_NOCOW_FL, FileFlags.NoCopyOnWrite),
                (FS_DAX_FL, FileFlags.DaxWanted), (FS_JOURNAL_DATA_FL, FileFlags.JournalledData));
        }

        if (InodeFlags.GetExtended(file, out fsxattr extended) == 0)
        {
            flags |= Translate(extended.fsx_xflags, (FS_XFLAG_DAX, FileFlags.DaxWanted), (FS_XFLAG_NODEFRAG, FileFlags.NoDefragmentation));
        }

        return flags;
    }

    private static FileFlags Translate(ulong kernel, params ReadOnlySpan<(ulong Bit, FileFlags Flag)> table)
    {
        FileFlags flags = FileFlags.None;
        foreach ((ulong bit, FileFlags flag) in table)
        {
            flags |= (kernel & bit) != 0 ? flag : FileFlags.None;
        }

        return flags;
    }
}
