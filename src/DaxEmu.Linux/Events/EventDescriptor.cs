using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.eventfd;

namespace DaxEmu.Linux.Events;

/// <summary>A wake-up that can be polled and passed to another process: eventfd(2), non-blocking.</summary>
public sealed unsafe class EventDescriptor : IDisposable
{
    /// <summary>Makes one that is not signalled.</summary>
    /// <exception cref="LinuxException">eventfd(2) failed, such as EMFILE.</exception>
    public EventDescriptor()
    {
        int descriptor = EventCalls.Eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        Handle = descriptor >= 0 ? new SafeFileHandle(descriptor, true) : throw LinuxException.FromLastError("eventfd(0, EFD_NONBLOCK)");
    }

    /// <summary>Takes over an eventfd received from another process.</summary>
    /// <param name="descriptor">The eventfd; closed by <see cref="Dispose"/>.</param>
    public EventDescriptor(SafeFileHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        Handle = descriptor;
    }

    /// <summary>The descriptor: readable while signalled.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Signals it. A counter that is full is signalled already.</summary>
    /// <exception cref="LinuxException">write(2) failed for another reason.</exception>
    public void Signal()
    {
        ulong one = 1;
        while (EventCalls.Write(Handle, &one, sizeof(ulong)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == EAGAIN)
            {
                return;
            }

            if (errno != EINTR)
            {
                throw new LinuxException("write(eventfd)", errno);
            }
        }
    }

    /// <summary>Takes the signal.</summary>
    /// <returns>True when it was signalled.</returns>
    /// <exception cref="LinuxException">read(2) failed.</exception>
    public bool Reset()
    {
        ulong count;
        while (EventCalls.Read(Handle, &count, sizeof(ulong)) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == EAGAIN)
            {
                return false;
            }

            if (errno != EINTR)
            {
                throw new LinuxException("read(eventfd)", errno);
            }
        }

        return true;
    }

    /// <summary>Closes it.</summary>
    public void Dispose() => Handle.Dispose();
}
