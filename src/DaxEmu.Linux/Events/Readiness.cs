using System.Diagnostics;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Events;

/// <summary>Waits for one descriptor: poll(2).</summary>
public static class Readiness
{
    /// <summary>Waits until the descriptor has something to read, or its peer is gone.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="timeout">How long, in whole milliseconds; <see cref="Timeout.InfiniteTimeSpan"/>: for ever.</param>
    /// <returns>False when the time is over.</returns>
    /// <exception cref="LinuxException">poll(2) failed.</exception>
    public static bool WaitReadable(SafeFileHandle descriptor, TimeSpan timeout) => Wait(descriptor, poll.POLLIN, timeout) != 0;

    /// <summary>True when the peer of a socket is gone, even if there is still something to read.</summary>
    /// <param name="descriptor">The socket.</param>
    /// <exception cref="LinuxException">poll(2) failed.</exception>
    public static bool IsHungUp(SafeFileHandle descriptor) => (Wait(descriptor, 0, TimeSpan.Zero) & poll.POLLHUP) != 0;

    private static unsafe short Wait(SafeFileHandle descriptor, short events, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        descriptor.DangerousAddRef(ref held);
        try
        {
            pollfd entry = new() { fd = (int)descriptor.DangerousGetHandle(), events = events };
            long start = Stopwatch.GetTimestamp();
            while (true)
            {
                int ready = EventCalls.Poll(&entry, 1, Remaining(timeout, start));
                if (ready >= 0)
                {
                    return ready > 0 ? entry.revents : (short)0;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno != EINTR)
                {
                    throw new LinuxException("poll()", errno);
                }
            }
        }
        finally
        {
            descriptor.DangerousRelease();
        }
    }

    private static int Remaining(TimeSpan timeout, long start)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return -1;
        }

        double left = (timeout - Stopwatch.GetElapsedTime(start)).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }
}
