namespace DaxEmu.Abi;

// fallocate(2).

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

}
