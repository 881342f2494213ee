using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.signal;

namespace DaxEmu.Linux.Processes;

/// <summary>A process, held so that its number cannot come to mean another one: pidfd_open(2).</summary>
public sealed class PidDescriptor : IDisposable
{
    private PidDescriptor(int processId, SafeFileHandle handle)
    {
        ProcessId = processId;
        Handle = handle;
    }

    /// <summary>Its process id.</summary>
    public int ProcessId { get; }

    /// <summary>The pidfd: readable once the process has ended.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>True once the process has ended.</summary>
    public bool HasExited => Readiness.WaitReadable(Handle, TimeSpan.Zero);

    /// <summary>Holds a process.</summary>
    /// <param name="processId">Its id in this process's pid namespace.</param>
    /// <exception cref="LinuxException">ESRCH: there is none.</exception>
    public static PidDescriptor Open(int processId)
    {
        nint descriptor = ProcessCalls.PidfdOpen(ProcessCalls.SysPidfdOpen, processId, 0);
        return descriptor >= 0
            ? new PidDescriptor(processId, new SafeFileHandle(descriptor, true))
            : throw LinuxException.FromLastError($"pidfd_open({processId})");
    }

    /// <summary>Takes over a pidfd.</summary>
    internal static PidDescriptor Take(int processId, SafeFileHandle handle) => new(processId, handle);

    /// <summary>Sends a signal: pidfd_send_signal(2).</summary>
    /// <param name="signal">Its number.</param>
    /// <exception cref="LinuxException">ESRCH: it has ended; EPERM.</exception>
    public void Send(int signal)
    {
        if (ProcessCalls.PidfdSendSignal(ProcessCalls.SysPidfdSendSignal, Handle, signal, 0, 0) < 0)
        {
            throw LinuxException.FromLastError($"pidfd_send_signal({ProcessId}, {signal})");
        }
    }

    /// <summary>Sends a signal with a value, as sigqueue(3) does: pidfd_send_signal(2).</summary>
    /// <param name="signal">Its number.</param>
    /// <param name="value">What the process finds in si_value.sival_int.</param>
    /// <exception cref="LinuxException">ESRCH: it has ended; EPERM; EAGAIN: too many signals wait for it (RLIMIT_SIGPENDING).</exception>
    public unsafe void Queue(int signal, int value)
    {
        siginfo_t info = new()
        {
            si_signo = signal,
            si_code = SI_QUEUE,
            si_pid = Environment.ProcessId,
            si_uid = UserRuntimeDirectory.CurrentUser,
            si_value = value,
        };
        if (ProcessCalls.PidfdSendSignal(ProcessCalls.SysPidfdSendSignal, Handle, signal, (nint)(&info), 0) < 0)
        {
            throw LinuxException.FromLastError($"pidfd_send_signal({ProcessId}, {signal}, SI_QUEUE)");
        }
    }

    /// <summary>Lets go of the process.</summary>
    public void Dispose() => Handle.Dispose();
}
