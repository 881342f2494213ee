using System.Runtime.InteropServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Linux.Files;

/// <summary>What tells a file from all others while it exists, whatever names it has: stat(2), st_dev and st_ino.</summary>
/// <param name="Device">st_dev, as <c>makedev(3)</c> packs it.</param>
/// <param name="Inode">st_ino.</param>
public readonly partial record struct FileNumber(ulong Device, ulong Inode)
{
    private const int CurrentDirectory = -100;

    /// <summary>Asks the kernel, without opening the file: a FIFO or a device is not touched.</summary>
    /// <param name="path">A name of it; symbolic links are followed.</param>
    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="LinuxException">statx(2) failed otherwise: EACCES, ELOOP, ENOTCONN, EIO.</exception>
    public static unsafe FileNumber? OfPath(string path)
    {
        statx status;
        if (Statx(CurrentDirectory, path, 0, STATX_BASIC_STATS, &status) == 0)
        {
            return new(PackDevice(status.stx_dev_major, status.stx_dev_minor), status.stx_ino);
        }

        return Marshal.GetLastPInvokeError() is errno.ENOENT or errno.ENOTDIR
            ? null
            : throw LinuxException.FromLastError($"statx(\"{path}\")");
    }

    // glibc's gnu_dev_makedev: the form that stat(2) fills st_dev with.
    private static ulong PackDevice(uint major, uint minor) =>
        ((ulong)(major & 0xfff) << 8) | ((ulong)(major & ~0xfffu) << 32) | (minor & 0xff) | ((ulong)(minor & ~0xffu) << 12);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int directory, string path, int flags, uint mask, statx* status);
}
