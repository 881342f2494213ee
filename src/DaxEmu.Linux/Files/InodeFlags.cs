using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_fs;

namespace DaxEmu.Linux.Files;

/// <summary>Flags that a filesystem keeps with a file. Results are the kernel's own: 0, or the negated errno.</summary>
public static unsafe class InodeFlags
{
    /// <summary>FS_IOC_GETFLAGS: what lsattr(1) shows.</summary>
    /// <param name="file">A descriptor open for reading.</param>
    /// <param name="flags">FS_*_FL.</param>
    public static int Get(SafeFileHandle file, out uint flags)
    {
        // The number says long, the kernel stores an int (ioctl_iflags(2), BUGS).
        fixed (uint* f = &flags)
        {
            *f = 0;
            return FileCalls.Result(FileCalls.Ioctl(file, FS_IOC_GETFLAGS, f));
        }
    }

    /// <summary>FS_IOC_FSGETXATTR: flags and extent hints that began with xfs.</summary>
    /// <param name="file">A descriptor open for reading.</param>
    /// <param name="attributes">What it has.</param>
    public static int GetExtended(SafeFileHandle file, out fsxattr attributes)
    {
        fixed (fsxattr* a = &attributes)
        {
            *a = default;
            return FileCalls.Result(FileCalls.Ioctl(file, FS_IOC_FSGETXATTR, a));
        }
    }
}
