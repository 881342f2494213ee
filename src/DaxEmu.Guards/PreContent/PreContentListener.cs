using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_fanotify;

namespace DaxEmu.Guards.PreContent;

/// <summary>
/// Threads that read a group's events. Whoever takes an event must answer it or hand it over, and must not wait for anything: this process's own
/// accesses to marked files are answered here as well, also while other threads of it hold locks.
/// </summary>
internal sealed class PreContentListener : IDisposable
{
    private const ulong GroupToken = 1;
    private const ulong StopToken = 2;
    private const long Forever = -1;
    private const long WarningPause = 10_000;
    private readonly FanotifyGroup _group;
    private readonly IGuardEvents _events;
    private readonly string _volume;
    private readonly Action<PreContentEvent> _take;
    private readonly EventDescriptor _stop = new();
    private readonly Thread[] _threads;
    private long _warned = -WarningPause;

    /// <summary>Makes one; it reads nothing yet.</summary>
    /// <param name="group">The group; it stays the caller's.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="volume">What is guarded, for messages.</param>
    /// <param name="threads">How many read.</param>
    /// <param name="take">Takes each event; an exception refuses it.</param>
    internal PreContentListener(FanotifyGroup group, IGuardEvents events, string volume, int threads, Action<PreContentEvent> take)
    {
        _group = group;
        _events = events;
        _volume = volume;
        _take = take;
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(Listen) { Name = $"fanotify {i}", IsBackground = true })];
    }

    internal void Start()
    {
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Ends the reading. What is not answered is allowed when the group is closed.</summary>
    public void Dispose()
    {
        _stop.Signal();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _stop.Dispose();
    }

    private void Listen()
    {
        using EpollSet ready = new();
        ready.Add(_group.Descriptor, GroupToken);
        ready.Add(_stop.Handle, StopToken);
        byte[] buffer = new byte[4096];
        while (true)
        {
            int count = ready.Wait(Forever);
            for (int i = 0; i < count; i++)
            {
                if (ready.TokenOf(i) == StopToken)
                {
                    return;
                }

                // EAGAIN: another of the threads was quicker.
                int length = FileContents.Read(_group.Descriptor, buffer);
                if (length < 0 && length is not (-EAGAIN or -EINTR))
                {
                    WarnOfLoss(-length);
                }

                TakeAll(buffer.AsSpan(0, Math.Max(length, 0)));
            }
        }
    }

    // The kernel has refused the operation itself: it could not make the descriptor that tells of it.
    private void WarnOfLoss(int errno)
    {
        long now = Environment.TickCount64;
        if (now - Interlocked.Read(ref _warned) > WarningPause)
        {
            Interlocked.Exchange(ref _warned, now);
            _events.Warning($"{_volume}: an operation was refused (EPERM) because it could not be read: {Linux.ErrnoName.Describe(errno)}");
        }
    }

    private void TakeAll(ReadOnlySpan<byte> events)
    {
        while (MemoryMarshal.TryRead(events, out fanotify_event_metadata metadata))
        {
            (ulong offset, ulong count) = RangeOf(events[metadata.metadata_len..(int)metadata.event_len]);
            Take(new(
                new SafeFileHandle(metadata.fd, ownsHandle: true),
                metadata.pid,
                (metadata.mask & FAN_OPEN_PERM) != 0,
                (metadata.mask & FAN_OPEN) != 0,
                offset,
                count));
            events = events[(int)metadata.event_len..];
        }
    }

    private void Take(PreContentEvent asked)
    {
        try
        {
            _take(asked);
        }
#pragma warning disable CA1031 // An event without an answer would block its thread for ever.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _events.Warning($"{_volume}: an operation of thread {asked.Thread} could not be judged and was refused", e);
            _group.Answer(asked.File, EIO);
            asked.File.Dispose();
        }
    }

    private static (ulong Offset, ulong Count) RangeOf(ReadOnlySpan<byte> records)
    {
        while (MemoryMarshal.TryRead(records, out fanotify_event_info_header header) && header.len > 0)
        {
            if (header.info_type == FAN_EVENT_INFO_TYPE_RANGE && MemoryMarshal.TryRead(records, out fanotify_event_info_range range))
            {
                return (range.offset, range.count);
            }

            records = records[header.len..];
        }

        return (0, 0);
    }
}
