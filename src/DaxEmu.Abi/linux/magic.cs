namespace DaxEmu.Abi;

/// <summary>f_type of statfs(2).</summary>
[CHeader("linux/magic.h")]
public static class linux_magic
{
    public const long TMPFS_MAGIC = 0x01021994;
    public const long HUGETLBFS_MAGIC = 0x958458f6;
}
