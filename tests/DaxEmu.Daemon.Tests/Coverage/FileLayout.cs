using System.Text;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_fiemap;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>Where a file's bytes lie, as its filesystem says: what a layout operation changes and a write does not.</summary>
/// <param name="Size">Its length.</param>
/// <param name="Extents">Its extents: offset, block, length, and whether they are written and its own.</param>
/// <param name="Flags">FS_XFLAG_*.</param>
internal sealed record FileLayout(long Size, string Extents, uint Flags)
{
    /// <summary>Looks at a file, after all that was written is on the disk.</summary>
    /// <param name="path">Where it lies, not through a mount of a guard's.</param>
    public static FileLayout Of(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(file);
        fiemap_extent[] found = new fiemap_extent[64];
        int count = Checked(FileExtents.Read(file, 0, found), "FS_IOC_FIEMAP");
        Checked(InodeFlags.GetExtended(file, out fsxattr attributes), "FS_IOC_FSGETXATTR");
        StringBuilder extents = new();
        foreach (fiemap_extent e in found.AsSpan(0, count))
        {
            extents.Append(null, $"{e.fe_logical}>{e.fe_physical}+{e.fe_length}:{e.fe_flags & (FIEMAP_EXTENT_UNWRITTEN | FIEMAP_EXTENT_SHARED)} ");
        }

        return new(RandomAccess.GetLength(file), extents.ToString(), attributes.fsx_xflags);
    }

    private static int Checked(int result, string call) => result < 0 ? throw new LinuxException(call, -result) : result;
}
