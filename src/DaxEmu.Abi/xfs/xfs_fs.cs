using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// ioctl_xfs_fsgeometry(2), and XFS's own ioctls for blocks, which every filesystem with fallocate(2) takes. The numbers are those of 64-bit
// machines.

[CHeader("xfs/xfs.h")]
public static class xfs_fs
{
    public const uint XFS_IOC_FSGEOMETRY = 0x8100587e;
    public const uint XFS_IOC_RESVSP = 0x40305828;
    public const uint XFS_IOC_UNRESVSP = 0x40305829;
    public const uint XFS_IOC_RESVSP64 = 0x4030582a;
    public const uint XFS_IOC_UNRESVSP64 = 0x4030582b;
    public const uint XFS_IOC_ZERO_RANGE = 0x40305839;
    public const uint XFS_FSOP_GEOM_FLAGS_REFLINK = 1 << 20;
}

[CHeader("xfs/xfs.h")]
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct xfs_fsop_geom
{
    [FieldOffset(92)]
    public uint flags;
}
