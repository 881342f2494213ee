using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// ioctl_iflags(2), FS_IOC_FSGETXATTR, FS_IOC_FIEMAP. The numbers are those of 64-bit machines.

[CHeader("linux/fs.h")]
public static class linux_fs
{
    public const uint FS_IOC_GETFLAGS = 0x80086601;
    public const uint FS_IOC_FSGETXATTR = 0x801c581f;
    public const uint FS_IOC_FIEMAP = 0xc020660b;
    public const uint FICLONE = 0x40049409;
    public const uint FICLONERANGE = 0x4020940d;
    public const uint FIDEDUPERANGE = 0xc0189436;
    public const uint FS_COMPR_FL = 0x4;
    public const uint FS_IMMUTABLE_FL = 0x10;
    public const uint FS_APPEND_FL = 0x20;
    public const uint FS_ENCRYPT_FL = 0x800;
    public const uint FS_JOURNAL_DATA_FL = 0x4000;
    public const uint FS_VERITY_FL = 0x100000;
    public const uint FS_NOCOW_FL = 0x800000;
    public const uint FS_DAX_FL = 0x2000000;
    public const uint SYNC_FILE_RANGE_WAIT_BEFORE = 1;
    public const uint SYNC_FILE_RANGE_WRITE = 2;
    public const uint SYNC_FILE_RANGE_WAIT_AFTER = 4;
    public const uint FS_XFLAG_NODEFRAG = 0x2000;
    public const uint FS_XFLAG_DAX = 0x8000;
}

[CHeader("linux/fs.h")]
[StructLayout(LayoutKind.Sequential, Size = 28)]
public struct fsxattr
{
    public uint fsx_xflags;
    public uint fsx_extsize;
    public uint fsx_nextents;
    public uint fsx_projid;
    public uint fsx_cowextsize;
}
