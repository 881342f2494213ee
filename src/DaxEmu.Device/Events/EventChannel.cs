using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// An event descriptor of a client: the asynchronous one, or a completion channel. A SEQPACKET socket pair, one event a message. Sending
/// never waits: what does not fit is kept, up to a bound, and sent when the client has read.
/// </summary>
/// <remarks>
/// The client's end stays open here as well, so that events of an object that is destroyed can be taken back out of the queue. So a
/// channel that its client has closed looks like one that it does not read, and costs what its backlog may hold.
/// </remarks>
internal sealed class EventChannel : IDisposable
{
    // The counter of an object that has no more events.
    private const int Ended = -1;

    private readonly SeqPacketConnection _near;
    private readonly SeqPacketConnection _far;
    private readonly EventPump _pump;
    private readonly Action<long> _onLost;
    private readonly Lock _lock = new();
    private readonly EventBacklog _backlog;
    private long _lost;
    private bool _disposed;

    /// <summary>Makes a channel.</summary>
    /// <param name="pump">Sends the backlog later.</param>
    /// <param name="backlog">Keeps what does not fit.</param>
    /// <param name="onLost">Told how many were lost so far.</param>
    /// <exception cref="Linux.LinuxException">socketpair(2) or epoll_ctl(2) failed.</exception>
    public EventChannel(EventPump pump, EventBacklog backlog, Action<long> onLost)
    {
        _pump = pump;
        _backlog = backlog;
        _onLost = onLost;
        (_near, _far) = SeqPacketConnection.CreatePair();
        try
        {
            _pump.Add(this);
        }
        catch
        {
            _near.Dispose();
            _far.Dispose();
            throw;
        }
    }

    /// <summary>The client's end, to be passed to it.</summary>
    public SafeFileHandle ClientEnd => _far.Handle;

    /// <summary>Our end: writable when the client has read.</summary>
    public SafeFileHandle Handle => _near.Handle;

    /// <summary>The pump's name of it.</summary>
    public ulong WatchToken { get; set; }

    /// <summary>Sends an event.</summary>
    /// <param name="description">
    /// struct ib_uverbs_comp_event_desc or ib_uverbs_async_event_desc: begins with the object's user_handle.
    /// </param>
    /// <param name="counter">Counts the object's events.</param>
    public void Send(ReadOnlySpan<byte> description, ref int counter)
    {
        lock (_lock)
        {
            if (_disposed || counter == Ended)
            {
                return;
            }

            if (_backlog.IsEmpty ? _near.TrySend(description) == 0 || Keep(description) : Keep(description))
            {
                counter++;
            }
            else
            {
                _onLost(++_lost);
            }
        }
    }

    /// <summary>
    /// Takes back the events of an object that is destroyed, and sends no more of it. In one step with <see cref="Send"/>: an event that
    /// another session's thread raises meanwhile is either counted and taken back, or dropped.
    /// </summary>
    /// <param name="userHandle">The object's.</param>
    /// <param name="counter">Counts the object's events.</param>
    /// <returns>How many the client has read: it is made to wait until it has acknowledged that many.</returns>
    public uint End(ulong userHandle, ref int counter)
    {
        lock (_lock)
        {
            int read = counter - Withdraw(userHandle);
            counter = Ended;
            return (uint)read;
        }
    }

    /// <summary>Takes back the events of an object that the client has not read yet.</summary>
    /// <param name="userHandle">The object's.</param>
    /// <returns>How many there were.</returns>
    public int Withdraw(ulong userHandle)
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return 0;
            }

            // What the socket holds is bounded by its buffer, a few hundred events: only so long may a worker wait that has one to send.
            List<ChannelEvent> unread = [];
            Span<byte> buffer = stackalloc byte[ChannelEvent.Longest];
            while (_far.TryReceive(buffer, out ReceivedMessage message) == 0 && !message.IsEnd)
            {
                unread.Add(new ChannelEvent(buffer[..message.Length]));
            }

            int withdrawn = unread.RemoveAll(e => e.UserHandle == userHandle);
            foreach (ChannelEvent kept in unread)
            {
                // They had room before, and nobody else sends: only the kernel's memory can fail them.
                kept.CopyTo(buffer);
                if (_near.TrySend(buffer[..kept.Length]) != 0)
                {
                    _onLost(++_lost);
                }
            }

            return withdrawn + _backlog.Withdraw(userHandle);
        }
    }

    /// <summary>Sends what was kept. Called by the pump.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            Span<byte> buffer = stackalloc byte[ChannelEvent.Longest];
            while (!_disposed && _backlog.TryPeek(out ChannelEvent next))
            {
                next.CopyTo(buffer);
                if (_near.TrySend(buffer[..next.Length]) == EAGAIN)
                {
                    _pump.Watch(this);
                    return;
                }

                _backlog.Dequeue();
            }
        }
    }

    /// <summary>Closes both ends.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _pump.Forget(this);
            _backlog.Clear();
            _near.Dispose();
            _far.Dispose();
        }
    }

    private bool Keep(ReadOnlySpan<byte> description)
    {
        bool wasEmpty = _backlog.IsEmpty;
        if (!_backlog.TryAdd(new ChannelEvent(description)))
        {
            return false;
        }

        if (wasEmpty)
        {
            _pump.Watch(this);
        }

        return true;
    }
}
