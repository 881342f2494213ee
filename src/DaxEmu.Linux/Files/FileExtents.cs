using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_fiemap;
using static DaxEmu.Abi.linux_fs;

namespace DaxEmu.Linux.Files;

/// <summary>Where a file's bytes lie: FS_IOC_FIEMAP. Results are the kernel's own: 0 or more, or the negated errno.</summary>
public static unsafe class FileExtents
{
    private const int Batch = 256;

    /// <summary>Reads the extents that begin at or hold an offset; nothing is written back first.</summary>
    /// <param name="file">A descriptor open for reading.</param>
    /// <param name="start">The offset.</param>
    /// <param name="extents">Receives them; at most 256 at a time.</param>
    /// <returns>How many there are, 0 when none is left; EOPNOTSUPP where the filesystem has no such map.</returns>
    public static int Read(SafeFileHandle file, ulong start, Span<fiemap_extent> extents) =>
        Read(file, start, FIEMAP_MAX_OFFSET - start, extents);

    /// <summary>Reads the extents that share a byte with a range; nothing is written back first.</summary>
    /// <param name="file">A descriptor open for reading.</param>
    /// <param name="start">First byte.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="extents">Receives them; at most 256 at a time.</param>
    /// <returns>How many there are, 0 when none is left; EOPNOTSUPP where the filesystem has no such map.</returns>
    public static int Read(SafeFileHandle file, ulong start, ulong length, Span<fiemap_extent> extents)
    {
        int room = Math.Min(extents.Length, Batch);
        byte* buffer = stackalloc byte[sizeof(fiemap) + (Batch * sizeof(fiemap_extent))];
        fiemap* map = (fiemap*)buffer;
        *map = new fiemap { fm_start = start, fm_length = length, fm_extent_count = (uint)room };
        int result = FileCalls.Result(FileCalls.Ioctl(file, FS_IOC_FIEMAP, map));
        if (result < 0)
        {
            return result;
        }

        int found = (int)Math.Min(map->fm_mapped_extents, (uint)room);
        new ReadOnlySpan<fiemap_extent>(buffer + sizeof(fiemap), found).CopyTo(extents);
        return found;
    }
}
