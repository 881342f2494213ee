using System.Runtime.InteropServices;

namespace DaxEmu.Linux.Features;

internal static partial class FeatureCalls
{
    /// <summary>io_uring_setup(2): the same number on every architecture, no glibc wrapper.</summary>
    internal const long SysIoUringSetup = 425;

    /// <summary>Bytes of struct io_uring_params (linux/io_uring.h).</summary>
    internal const int IoUringParamsSize = 120;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static unsafe partial nint IoUringSetup(long number, nint entries, byte* parameters);
}
