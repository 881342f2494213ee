using System.Runtime.InteropServices;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_falloc;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Files;

/// <summary>Gives a file blocks without changing a byte of it. Results are the kernel's own: 0, or the negated errno.</summary>
public static unsafe class FileBlocks
{
    // A mapping takes address space, so a large range goes piece by piece.
    private const long Piece = 1L << 30;

    /// <summary>Gives the holes of a range blocks: fallocate(2) with mode 0, within the file's size.</summary>
    /// <param name="file">A descriptor open for writing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    public static int Allocate(SafeFileHandle file, long offset, long length) => FileContents.Allocate(file, FALLOC_FL_KEEP_SIZE, offset, length);

    /// <summary>
    /// Gives the bytes of a range blocks that no other file and no snapshot uses: FALLOC_FL_UNSHARE_RANGE; where a filesystem has no such call
    /// (btrfs) its pages are made dirty as they are and written back, which moves them.
    /// </summary>
    /// <param name="file">A descriptor open for reading and writing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes.</param>
    public static int Unshare(SafeFileHandle file, long offset, long length)
    {
        int done = FileContents.Allocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_UNSHARE_RANGE, offset, length);
        return done == -EOPNOTSUPP ? Rewrite(file, offset, length) : done;
    }

    private static int Rewrite(SafeFileHandle file, long offset, long length)
    {
        for (long at = offset; at < offset + length; at += Piece)
        {
            try
            {
                using MemoryMapping pages = MemoryMapping.Map(file, at, Math.Min(Piece, offset + length - at), MemoryProtection.ReadWrite);
                nint slack = pages.Address % Environment.SystemPageSize;
                if (MemoryCalls.Madvise((void*)(pages.Address - slack), (nuint)(pages.Length + slack), MADV_POPULATE_WRITE) != 0)
                {
                    // EFAULT: a page could not be had, for want of blocks or because the file was cut.
                    int errno = Marshal.GetLastPInvokeError();
                    return -(errno == EFAULT ? ENOSPC : errno);
                }
            }
            catch (LinuxException failure)
            {
                return -failure.Errno;
            }
        }

        return FileContents.Sync(file, dataOnly: true);
    }
}
