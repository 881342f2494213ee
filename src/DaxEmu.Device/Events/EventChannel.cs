using System.Runtime.InteropServices;
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
    // struct ib_uverbs_async_event_desc; the completion event is half as long.
    private const int LongestEvent = 16;

    private readonly SeqPacketConnection _near;
    private readonly SeqPacketConnection _far;
    private readonly EventPump _pump;
    private readonly int _backlogLimit;
    private readonly Action<long> _onLost;
    private readonly Lock _lock = new();
    private readonly Queue<Event> _backlog = new();
    private long _lost;
    private bool _disposed;

    /// <summary>Makes a channel.</summary>
    /// <param name="pump">Sends the backlog later.</param>
    /// <param name="backlogLimit">Most events kept.</param>
    /// <param name="onLost">Told how many were lost so far.</param>
    /// <exception cref="Linux.LinuxException">socketpair(2) failed.</exception>
    public EventChannel(EventPump pump, int backlogLimit, Action<long> onLost)
    {
        _pump = pump;
        _backlogLimit = backlogLimit;
        _onLost = onLost;
        (_near, _far) = SeqPacketConnection.CreatePair();
    }

    /// <summary>The client's end, to be passed to it.</summary>
    public SafeFileHandle ClientEnd => _far.Handle;

    /// <summary>Our end: writable when the client has read.</summary>
    public SafeFileHandle Handle => _near.Handle;

    /// <summary>The pump's name of it; 0 while it was never watched.</summary>
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
            if (_disposed)
            {
                return;
            }

            if (_backlog.Count == _backlogLimit)
            {
                _onLost(++_lost);
                return;
            }

            counter++;
            if (_backlog.Count != 0 || _near.TrySend(description) != 0)
            {
                Keep(new Event(description));
            }
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

            List<Event> unread = [];
            Span<byte> buffer = stackalloc byte[LongestEvent];
            while (_far.TryReceive(buffer, out ReceivedMessage message) == 0 && !message.IsEnd)
            {
                unread.Add(new Event(buffer[..message.Length]));
            }

            unread.AddRange(_backlog);
            _backlog.Clear();
            int withdrawn = unread.RemoveAll(e => e.UserHandle == userHandle);
            foreach (Event kept in unread)
            {
                if (_backlog.Count != 0 || _near.TrySend(kept.Bytes) != 0)
                {
                    Keep(kept);
                }
            }

            return withdrawn;
        }
    }

    /// <summary>Sends what was kept. Called by the pump.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            while (!_disposed && _backlog.TryPeek(out Event next))
            {
                if (_near.TrySend(next.Bytes) == EAGAIN)
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
            _near.Dispose();
            _far.Dispose();
        }
    }

    private void Keep(Event description)
    {
        _backlog.Enqueue(description);
        if (_backlog.Count == 1)
        {
            _pump.Watch(this);
        }
    }

    private readonly struct Event
    {
        private readonly ulong _first;
        private readonly ulong _second;
        private readonly int _length;

        public Event(ReadOnlySpan<byte> bytes)
        {
            Span<ulong> words = stackalloc ulong[2];
            bytes.CopyTo(MemoryMarshal.AsBytes(words));
            (_first, _second, _length) = (words[0], words[1], bytes.Length);
        }

        public ulong UserHandle => _first;

        public byte[] Bytes => [.. BitConverter.GetBytes(_first), .. BitConverter.GetBytes(_second).AsSpan(0, _length - sizeof(ulong))];
    }
}
