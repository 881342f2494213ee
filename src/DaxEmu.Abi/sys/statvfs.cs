using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// statvfs(3): the same layout on every 64-bit Linux, which statfs(2) does not have.

[CHeader("sys/statvfs.h")]
[StructLayout(LayoutKind.Sequential, Size = 112)]
public struct statvfs
{
    public ulong f_bsize;
    public ulong f_frsize;
    public ulong f_blocks;
    public ulong f_bfree;
    public ulong f_bavail;
    public ulong f_files;
    public ulong f_ffree;
    public ulong f_favail;
    public ulong f_fsid;
    public ulong f_flag;
    public ulong f_namemax;
}
