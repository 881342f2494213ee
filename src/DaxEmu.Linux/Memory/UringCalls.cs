using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Memory;

/// <summary>io_uring(7): numbers that are the same on every architecture, no glibc wrapper.</summary>
internal static unsafe partial class UringCalls
{
    internal const long SysIoUringSetup = 425;
    internal const long SysIoUringRegister = 427;

    /// <summary>A ring of one entry.</summary>
    /// <param name="ring">It, or null.</param>
    /// <returns>0 or the errno.</returns>
    internal static int Open(out SafeFileHandle? ring)
    {
        io_uring_params parameters = default;
        nint descriptor = Setup(SysIoUringSetup, 1, &parameters);
        ring = descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
        return descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint Register(long number, SafeFileHandle ring, nint operation, void* argument, nint count);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Setup(long number, nint entries, io_uring_params* parameters);
}
