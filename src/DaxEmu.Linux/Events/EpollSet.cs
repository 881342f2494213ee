using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.epoll;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Events;

/// <summary>
/// Waits for any of many descriptors: epoll(7). One thread waits; any thread adds and removes. Waiting allocates nothing.
/// </summary>
public sealed unsafe class EpollSet : IDisposable
{
    private const int Capacity = 64;
    private const long NanosecondsPerSecond = 1_000_000_000;

    // struct epoll_event {u32 events; u64 data}: packed on x86-64 only.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Stride - sizeof(ulong);

    private readonly SafeFileHandle _epoll;
    private readonly byte[] _events = GC.AllocateArray<byte>(Capacity * 16, pinned: true);
    private bool _hasNanoseconds = true;

    /// <summary>Makes an empty set.</summary>
    /// <exception cref="LinuxException">epoll_create1(2) failed, such as EMFILE.</exception>
    public EpollSet()
    {
        int descriptor = EventCalls.EpollCreate1(EPOLL_CLOEXEC);
        _epoll = descriptor >= 0
            ? new SafeFileHandle(descriptor, true)
            : throw LinuxException.FromLastError("epoll_create1(EPOLL_CLOEXEC)");
    }

    /// <summary>Adds a descriptor. Remove it before it is closed.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="token">What <see cref="Wait"/> gives back for it.</param>
    /// <param name="events">EPOLLIN, EPOLLOUT, EPOLLET...; EPOLLERR and EPOLLHUP are always on.</param>
    /// <exception cref="LinuxException">epoll_ctl(2) failed: EEXIST, ENOMEM, ENOSPC.</exception>
    public void Add(SafeFileHandle descriptor, ulong token, uint events = EPOLLIN) =>
        Control(EPOLL_CTL_ADD, "EPOLL_CTL_ADD", descriptor, token, events);

    /// <summary>Changes what a descriptor that is in the set is waited for; needs no memory of the kernel's.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="token">As for <see cref="Add"/>.</param>
    /// <param name="events">As for <see cref="Add"/>.</param>
    /// <exception cref="LinuxException">epoll_ctl(2) failed: ENOENT when it is not in the set.</exception>
    public void Modify(SafeFileHandle descriptor, ulong token, uint events) =>
        Control(EPOLL_CTL_MOD, "EPOLL_CTL_MOD", descriptor, token, events);

    /// <summary>Removes a descriptor; one that is not in the set is ignored.</summary>
    /// <param name="descriptor">The descriptor, still open.</param>
    public void Remove(SafeFileHandle descriptor)
    {
        byte* entry = stackalloc byte[16];
        _ = EventCalls.EpollCtl(_epoll, EPOLL_CTL_DEL, descriptor, entry);
    }

    /// <summary>Waits until a descriptor is ready or the time is over.</summary>
    /// <param name="timeoutNanoseconds">Time to wait; negative: for ever. Kernels before 5.11 round it up to milliseconds.</param>
    /// <returns>How many are ready; 0 when the time is over or a signal came. Their tokens: <see cref="TokenOf"/>.</returns>
    /// <exception cref="LinuxException">epoll_wait(2) failed.</exception>
    public int Wait(long timeoutNanoseconds)
    {
        fixed (byte* events = _events)
        {
            nint ready = _hasNanoseconds ? WaitNanoseconds(events, timeoutNanoseconds) : WaitMilliseconds(events, timeoutNanoseconds);
            if (ready >= 0)
            {
                return (int)ready;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno == ENOSYS && _hasNanoseconds)
            {
                _hasNanoseconds = false;
                return Wait(timeoutNanoseconds);
            }

            return errno == EINTR ? 0 : throw new LinuxException($"epoll_wait({timeoutNanoseconds} ns)", errno);
        }
    }

    /// <summary>The token of a descriptor that the last <see cref="Wait"/> found ready.</summary>
    /// <param name="index">Below what it returned.</param>
    public ulong TokenOf(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_events.AsSpan((index * Stride) + DataOffset));

    /// <summary>Closes the set, not the descriptors in it.</summary>
    public void Dispose() => _epoll.Dispose();

    private void Control(int operation, string name, SafeFileHandle descriptor, ulong token, uint events)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = events;
        BinaryPrimitives.WriteUInt64LittleEndian(new Span<byte>(entry + DataOffset, sizeof(ulong)), token);
        if (EventCalls.EpollCtl(_epoll, operation, descriptor, entry) != 0)
        {
            throw LinuxException.FromLastError($"epoll_ctl({name})");
        }
    }

    private nint WaitNanoseconds(byte* events, long timeout)
    {
        long* timespec = stackalloc long[2];
        timespec[0] = timeout / NanosecondsPerSecond;
        timespec[1] = timeout % NanosecondsPerSecond;
        return EventCalls.EpollPwait2(EventCalls.SysEpollPwait2, _epoll, events, Capacity, timeout < 0 ? null : timespec, null, 0);
    }

    private nint WaitMilliseconds(byte* events, long timeout)
    {
        const long perMillisecond = 1_000_000;
        long milliseconds = timeout < 0 ? -1 : Math.Min(int.MaxValue, (timeout / perMillisecond) + (timeout % perMillisecond == 0 ? 0 : 1));
        return EventCalls.EpollWait(_epoll, events, Capacity, (int)milliseconds);
    }
}
