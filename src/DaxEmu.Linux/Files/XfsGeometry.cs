using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.xfs_fs;

namespace DaxEmu.Linux.Files;

/// <summary>How an xfs filesystem was made: ioctl_xfs_fsgeometry(2).</summary>
public static unsafe class XfsGeometry
{
    /// <summary>Whether its files can share blocks.</summary>
    /// <param name="file">A descriptor of any file on it, open for reading.</param>
    /// <param name="reflink">The answer.</param>
    /// <returns>0 or the negated errno; ENOTTY off xfs and before Linux 5.2.</returns>
    public static int Reflink(SafeFileHandle file, out bool reflink)
    {
        xfs_fsop_geom geometry = default;
        int result = FileCalls.Result(FileCalls.Ioctl(file, XFS_IOC_FSGEOMETRY, &geometry));
        reflink = result >= 0 && (geometry.flags & XFS_FSOP_GEOM_FLAGS_REFLINK) != 0;
        return result;
    }
}
