namespace DaxEmu.Abi;

/// <summary>mount(2), umount2(2).</summary>
[CHeader("sys/mount.h")]
public static class mount
{
    public const uint MS_NOSUID = 2;
    public const uint MS_NODEV = 4;
    public const int MNT_FORCE = 1;
    public const int MNT_DETACH = 2;
    public const int UMOUNT_NOFOLLOW = 8;
}
