using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Processes;

internal static partial class ProcessCalls
{
    /// <summary>pidfd_open(2) and pidfd_send_signal(2): the same numbers on every architecture, no glibc wrapper before 2.36.</summary>
    internal const long SysPidfdSendSignal = 424;

    /// <inheritdoc cref="SysPidfdSendSignal"/>
    internal const long SysPidfdOpen = 434;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PidfdOpen(long number, nint pid, nint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint PidfdSendSignal(long number, SafeFileHandle pidfd, nint signal, nint info, nint flags);
}
