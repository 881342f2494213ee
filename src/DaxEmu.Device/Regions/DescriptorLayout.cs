using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
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
        ByteRange? hole = scan.Hole;
        bool holesAreKnown = isMapped || TryFindHole(range, out hole);
        return new(hole, scan.Unwritten, scan.Shared, isMapped || isMemory, scan.Instabilities | Instabilities(), holesAreKnown);
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

    // lseek(2) moves the offset of the open file, which is the client's own: so the file is opened anew. Who may not open it learns nothing.
    private bool TryFindHole(ByteRange range, out ByteRange? found)
    {
        found = null;
        int opened = FileContents.Reopen(file, O_RDONLY, out SafeFileHandle? own);
        using (own)
        {
            if (opened < 0)
            {
                return false;
            }

            long hole = FileContents.Seek(own!, (long)range.Start, SEEK_HOLE);
            if (hole >= 0 && (ulong)hole < range.End)
            {
                long data = FileContents.Seek(own!, hole, SEEK_DATA);
                found = new((ulong)hole, data < 0 ? range.End : Math.Min((ulong)data, range.End));
            }

            return true;
        }
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
