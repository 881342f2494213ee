using System.Runtime.InteropServices;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Features;

/// <summary>Asks the running kernel for a feature by using it, since neither version nor configuration tells. Nothing is left behind.</summary>
public static class KernelFeature
{
    /// <summary>A file made of memory: memfd_create(2).</summary>
    /// <returns>0, or the errno.</returns>
    public static int MemoryFiles()
    {
        try
        {
            using SafeFileHandle file = MemoryFile.CreateSealed("daxemu-probe", 4096);
            return 0;
        }
        catch (LinuxException e)
        {
            return e.Errno;
        }
    }

    /// <summary>fanotify's pre-content events on a file's filesystem (Linux 6.14 and newer, CAP_SYS_ADMIN).</summary>
    /// <param name="file">A regular file.</param>
    /// <returns>0, or the errno: EPERM without the capability, EINVAL or EOPNOTSUPP where kernel or filesystem lacks them.</returns>
    public static int PreContentEvents(SafeFileHandle file)
    {
        int opened = FanotifyGroup.Open(out FanotifyGroup? group);
        using (group)
        {
            return opened < 0 ? -opened : -group!.Mark(file, wanted: true);
        }
    }

    /// <summary>A synchronous mapping, MAP_SHARED_VALIDATE with MAP_SYNC: a file on DAX.</summary>
    /// <param name="file">A file of at least one page, open for reading and writing.</param>
    /// <returns>0, or the errno: EOPNOTSUPP off DAX.</returns>
    public static unsafe int SynchronousMapping(SafeFileHandle file)
    {
        nuint length = (nuint)Environment.SystemPageSize;
        void* address = MemoryCalls.Mmap(null, length, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, file, 0);
        if (address == (void*)-1)
        {
            return Marshal.GetLastPInvokeError();
        }

        _ = MemoryCalls.Munmap(address, length);
        return 0;
    }

    /// <summary>io_uring(7).</summary>
    /// <returns>0, or the errno: ENOSYS where the kernel has none, EPERM where it is switched off (kernel.io_uring_disabled).</returns>
    public static int IoUring()
    {
        int errno = UringCalls.Open(out SafeFileHandle? ring);
        ring?.Dispose();
        return errno;
    }
}
