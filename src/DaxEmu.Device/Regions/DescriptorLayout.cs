using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_fs;
using static DaxEmu.Abi.linux_stat;
using static DaxEmu.Abi.unistd;

namespace DaxEmu.Device;

/// <summary>The blocks of an open file: FIEMAP, where a filesystem has it; SEEK_HOLE; statx(2) and the flags of its inode.</summary>
/// <param name="file">Open for reading, and for writing where blocks are to be given to it.</param>
public sealed class DescriptorLayout(SafeFileHandle file) : IFileLayout
{
    /// <summary>The file.</summary>
    public SafeFileHandle Descriptor => file;

    /// <inheritdoc/>
    public FileLayout Look(ByteRange range)
    {
        ExtentScan scan = new(range);
        bool isMapped = Scan(range, scan);
        bool isMemory = DescriptorStatus.IsInMemory(file);
        ByteRange? hole = isMapped ? scan.Hole : HoleBySeeking(range);
        return new(hole, scan.Unwritten, scan.Shared, isMapped || isMemory, scan.Instabilities | Instabilities());
    }

    /// <inheritdoc/>
    public int Allocate(ByteRange range) => -FileBlocks.Allocate(file, (long)range.Start, (long)range.Length);

    /// <inheritdoc/>
    public int Unshare(ByteRange range) => -FileBlocks.Unshare(file, (long)range.Start, (long)range.Length);

    private bool Scan(ByteRange range, ExtentScan scan)
    {
        fiemap_extent[] extents = new fiemap_extent[256];
        while (scan.Next < range.End)
        {
            int found = FileExtents.Read(file, scan.Next, extents);
            if (found <= 0)
            {
                scan.End();
                return found == 0;
            }

            foreach (fiemap_extent extent in extents.AsSpan(0, found))
            {
                scan.Add(extent);
            }
        }

        return true;
    }

    private ByteRange? HoleBySeeking(ByteRange range)
    {
        long hole = FileContents.Seek(file, (long)range.Start, SEEK_HOLE);
        if (hole < 0 || (ulong)hole >= range.End)
        {
            return null;
        }

        long data = FileContents.Seek(file, hole, SEEK_DATA);
        return new((ulong)hole, data < 0 ? range.End : Math.Min((ulong)data, range.End));
    }

    private FileInstabilities Instabilities()
    {
        FileInstabilities found = FileInstabilities.None;
        if (FileStatus.Status(file, STATX_INO, out statx status) == 0)
        {
            found |= If(status.stx_attributes, STATX_ATTR_COMPRESSED, FileInstabilities.Compressed)
                | If(status.stx_attributes, STATX_ATTR_ENCRYPTED, FileInstabilities.Encrypted)
                | If(status.stx_attributes, STATX_ATTR_VERITY, FileInstabilities.Verity)
                | (SwapFiles.Hold(status) ? FileInstabilities.SwapFile : FileInstabilities.None);
        }

        bool isInPlace = false;
        if (InodeFlags.Get(file, out uint flags) == 0)
        {
            found |= If(flags, FS_COMPR_FL, FileInstabilities.Compressed) | If(flags, FS_ENCRYPT_FL, FileInstabilities.Encrypted)
                | If(flags, FS_VERITY_FL, FileInstabilities.Verity) | If(flags, FS_JOURNAL_DATA_FL, FileInstabilities.JournalledData);
            isInPlace = (flags & FS_NOCOW_FL) != 0;
        }

        found |= DescriptorStatus.IsServed(file) ? FileInstabilities.Elsewhere : FileInstabilities.None;
        return found | (DescriptorStatus.MovesBlocks(file) && !isInPlace ? FileInstabilities.CopyOnWrite : FileInstabilities.None);
    }

    private static FileInstabilities If(ulong flags, ulong bit, FileInstabilities state) => (flags & bit) != 0 ? state : FileInstabilities.None;
}
