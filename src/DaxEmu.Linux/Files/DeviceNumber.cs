namespace DaxEmu.Linux.Files;

/// <summary>Device numbers as stat(2) and mknod(2) pack them: glibc's gnu_dev_makedev.</summary>
public static class DeviceNumber
{
    /// <summary>makedev(3).</summary>
    public static ulong Pack(uint major, uint minor) =>
        ((ulong)(major & 0xfff) << 8) | ((ulong)(major & ~0xfffu) << 32) | (minor & 0xff) | ((ulong)(minor & ~0xffu) << 12);
}
