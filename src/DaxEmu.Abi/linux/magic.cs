namespace DaxEmu.Abi;

/// <summary>f_type of statfs(2).</summary>
[CHeader("linux/magic.h")]
public static class linux_magic
{
    public const long PROC_SUPER_MAGIC = 0x9fa0;
    public const long TMPFS_MAGIC = 0x01021994;
    public const long HUGETLBFS_MAGIC = 0x958458f6;
    public const long FUSE_SUPER_MAGIC = 0x65735546;
    public const long NFS_SUPER_MAGIC = 0x6969;
    public const long CIFS_SUPER_MAGIC = 0xff534d42;
    public const long SMB2_SUPER_MAGIC = 0xfe534d42;
    public const long CEPH_SUPER_MAGIC = 0x00c36400;
    public const long V9FS_MAGIC = 0x01021997;
    public const long AFS_FS_MAGIC = 0x6b414653;
    public const long EXT4_SUPER_MAGIC = 0xef53;
    public const long XFS_SUPER_MAGIC = 0x58465342;
    public const long BTRFS_SUPER_MAGIC = 0x9123683e;
    public const long F2FS_SUPER_MAGIC = 0xf2f52010;
    public const long NILFS_SUPER_MAGIC = 0x3434;
}
