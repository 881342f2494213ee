using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// ioctl_xfs_fsgeometry(2).

[CHeader("xfs/xfs.h")]
public static class xfs_fs
{
    public const uint XFS_IOC_FSGEOMETRY = 0x8100587e;
    public const uint XFS_FSOP_GEOM_FLAGS_REFLINK = 1 << 20;
}

[CHeader("xfs/xfs.h")]
[StructLayout(LayoutKind.Explicit, Size = 256)]
public struct xfs_fsop_geom
{
    [FieldOffset(92)]
    public uint flags;
}
