using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Sockets;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Client;

/// <summary>
/// The one background thread of a device: it sleeps until a completion queue that was armed gets a completion, an asynchronous
/// event comes in, or the daemon goes away.
/// </summary>
internal sealed class DeviceEvents : IDisposable
{
    private const ulong Stop = 0;
    private const ulong DaemonEnd = 1;
    private const ulong Completions = 2;
    private const ulong Asynchronous = 3;

    // Only the end of the connection is of interest, which epoll always reports; what can be read belongs to the requests.
    private const uint OnlyHangUp = 0;

    private readonly RdmaDevice _device;
    private readonly DeviceConnection _connection;
    private readonly SeqPacketConnection _completions;
    private readonly SeqPacketConnection _asynchronous;
    private readonly EventDescriptor _stop = new();
    private readonly EpollSet _set = new();
    private readonly Thread _thread;
    private bool _running = true;

    /// <summary>Takes over the two event channels; <see cref="Start"/> then starts the thread.</summary>
    public DeviceEvents(RdmaDevice device, DeviceConnection connection, SeqPacketConnection completions, SeqPacketConnection asynchronous)
    {
        _device = device;
        _connection = connection;
        _completions = completions;
        _asynchronous = asynchronous;
        _set.Add(_stop.Handle, Stop);
        _set.Add(connection.Handle, DaemonEnd, OnlyHangUp);
        _set.Add(completions.Handle, Completions);
        _set.Add(asynchronous.Handle, Asynchronous);
        _thread = new Thread(Run) { IsBackground = true, Name = "DaxEmu events" };
    }

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Stops the thread and waits for it, unless it is the caller.</summary>
    public void Dispose()
    {
        _stop.Signal();
        if (_thread != Thread.CurrentThread)
        {
            _thread.Join();
        }

        _set.Dispose();
        _stop.Dispose();
        _completions.Dispose();
        _asynchronous.Dispose();
    }

    private void Run()
    {
        while (_running)
        {
            int ready = _set.Wait(Timeout.Infinite);
            for (int i = 0; i < ready; i++)
            {
                Serve(_set.TokenOf(i));
            }
        }
    }

    private void Serve(ulong token)
    {
        switch (token)
        {
            case Completions:
                ServeChannel<ib_uverbs_comp_event_desc>(_completions, e => _device.OnCompletionEvent(e.cq_handle));
                break;
            case Asynchronous:
                ServeChannel<ib_uverbs_async_event_desc>(_asynchronous, e => _device.OnAsyncEvent(e.element, e.event_type));
                break;
            case DaemonEnd:
                EndOfDaemon();
                break;
            default:
                _running = false;
                break;
        }
    }

    private void ServeChannel<T>(SeqPacketConnection channel, Action<T> handle)
        where T : unmanaged
    {
        Span<byte> bytes = stackalloc byte[Unsafe.SizeOf<T>()];
        while (true)
        {
            int errno = channel.TryReceive(bytes, out ReceivedMessage message);
            if (errno == EAGAIN)
            {
                return;
            }

            if (errno != 0 || message.IsEnd)
            {
                EndOfDaemon();
                return;
            }

            handle(MemoryMarshal.Read<T>(bytes));
        }
    }

    private void EndOfDaemon()
    {
        _running = false;
        _device.OnLost(_connection.MarkLost());
    }
}
