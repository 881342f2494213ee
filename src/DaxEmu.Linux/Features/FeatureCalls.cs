using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Features;

internal static partial class FeatureCalls
{
    /// <summary>io_uring_setup(2): the same number on every architecture, no glibc wrapper.</summary>
    internal const long SysIoUringSetup = 425;

    /// <summary>Bytes of struct io_uring_params (linux/io_uring.h).</summary>
    internal const int IoUringParamsSize = 120;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static unsafe partial nint IoUringSetup(long number, nint entries, byte* parameters);

    [LibraryImport("libc", EntryPoint = "fanotify_init", SetLastError = true)]
    internal static partial int FanotifyInit(uint flags, uint eventFlags);

    [LibraryImport("libc", EntryPoint = "fanotify_mark", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FanotifyMark(SafeFileHandle group, uint flags, ulong mask, int directory, string path);
}
