namespace DaxEmu.Abi;

/// <summary>eventfd(2).</summary>
[CHeader("sys/eventfd.h")]
public static class eventfd
{
    public const int EFD_SEMAPHORE = 1;
    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_CLOEXEC = 0x80000;
}
