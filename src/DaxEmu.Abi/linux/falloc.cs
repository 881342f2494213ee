namespace DaxEmu.Abi;

/// <summary>fallocate(2), and the ioctls of XFS that every filesystem with fallocate has. The numbers of the ioctls are those of 64-bit machines.</summary>
[CHeader("linux/falloc.h")]
public static class linux_falloc
{
    public const uint FALLOC_FL_KEEP_SIZE = 0x01;
    public const uint FALLOC_FL_PUNCH_HOLE = 0x02;
    public const uint FALLOC_FL_COLLAPSE_RANGE = 0x08;
    public const uint FALLOC_FL_ZERO_RANGE = 0x10;
    public const uint FALLOC_FL_INSERT_RANGE = 0x20;
    public const uint FALLOC_FL_UNSHARE_RANGE = 0x40;

    [Since("6.17")]
    public const uint FALLOC_FL_WRITE_ZEROES = 0x80;

    public const uint FS_IOC_RESVSP = 0x40305828;
    public const uint FS_IOC_UNRESVSP = 0x40305829;
    public const uint FS_IOC_RESVSP64 = 0x4030582a;
    public const uint FS_IOC_UNRESVSP64 = 0x4030582b;
    public const uint FS_IOC_ZERO_RANGE = 0x40305839;
}
