using System.Collections.Concurrent;
using System.Threading.Channels;
using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Sockets;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Client;

/// <summary>
/// An open device: <c>struct ibv_context</c>. All objects are made from it, directly or through one another; disposing it disposes
/// all of them. Safe for several threads.
/// </summary>
public sealed class RdmaDevice : IDisposable
{
    /// <summary>The only port that is used.</summary>
    internal const byte Port = 1;

    // More than this many events that nobody reads are worth no memory.
    private const int UnreadEvents = 1024;

    private readonly DeviceConnection _connection;
    private readonly DeviceEvents _events;
    private readonly uint _completionChannel;
    private readonly ConcurrentDictionary<ulong, CompletionQueue> _completionQueues = new();
    private readonly ConcurrentDictionary<ulong, QueuePair> _queuePairs = new();
    private readonly ConcurrentDictionary<uint, MemoryRegion> _regions = new();
    private readonly Channel<AsyncEvent> _asyncEvents = Channel.CreateBounded<AsyncEvent>(
        new BoundedChannelOptions(UnreadEvents) { FullMode = BoundedChannelFullMode.DropOldest });

    private ulong _lastId;
    private int _disposing;

    private RdmaDevice(DeviceConnection connection, DeviceCommands commands, Doorbell doorbell, string name)
    {
        _connection = connection;
        Commands = commands;
        Doorbell = doorbell;
        Name = name;
        Owned = new OwnedObjects(this);
        (ib_uverbs_get_context_resp _, SeqPacketConnection asynchronous) =
            commands.OpenChannel<ib_uverbs_get_context, ib_uverbs_get_context_resp>(
                "get_context", IB_USER_VERBS_CMD_GET_CONTEXT, default);
        (ib_uverbs_create_comp_channel_resp channel, SeqPacketConnection completions) =
            commands.OpenChannel<ib_uverbs_create_comp_channel, ib_uverbs_create_comp_channel_resp>(
                "create_comp_channel", IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, default);
        _completionChannel = channel.fd;
        DeviceQueries queries = new(commands, name);
        Attributes = queries.Device();
        PortAttributes = queries.Port(Port);
        Gids = queries.Gids(Port, PortAttributes.GidTableLength);
        _events = new DeviceEvents(this, connection, completions, asynchronous);
    }

    /// <summary>Its name, such as <c>rxe0</c>.</summary>
    public string Name { get; }

    /// <summary>The daemon's socket that it was opened through.</summary>
    public string SocketPath => _connection.SocketPath;

    /// <summary>What it can do.</summary>
    public DeviceAttributes Attributes { get; }

    /// <summary>What its port can do, as it was when the device was opened.</summary>
    public PortAttributes PortAttributes { get; }

    /// <summary>The entries in use of its port's GID table, by their index.</summary>
    public IReadOnlyList<GidEntry> Gids { get; }

    /// <summary>
    /// What happens outside any work request. Without a reader, the oldest events are dropped. It ends when the device is disposed,
    /// and fails with a <see cref="DeviceUnavailableException"/> when the daemon goes away.
    /// </summary>
    public ChannelReader<AsyncEvent> AsyncEvents => _asyncEvents.Reader;

    internal DeviceCommands Commands { get; }

    internal Doorbell Doorbell { get; }

    internal OwnedObjects Owned { get; }

    /// <summary>Why the daemon is gone, or null while it is not known to be.</summary>
    internal DeviceUnavailableException? Lost => _connection.Lost;

    /// <summary>Opens the daemon's first device.</summary>
    /// <param name="socketPath">
    /// The daemon's device socket. Null: what DAXEMU_SOCKET names, else, but not for root, <c>$XDG_RUNTIME_DIR/daxemu/device.sock</c>
    /// or <c>/tmp/daxemu-UID/device.sock</c> without a session; else <c>/run/daxemu/device.sock</c>.
    /// </param>
    /// <param name="leaseSignal">
    /// Number of a signal that this process gets whenever somebody wants one of the device's memory regions back, besides the event that
    /// <see cref="MemoryRegion.LeaseBreak"/> waits for; its value is the region's rkey. 0: none. A process that does not handle it may end by it
    /// (signal(7)): see <see cref="System.Runtime.InteropServices.PosixSignalRegistration"/>.
    /// </param>
    /// <exception cref="DeviceUnavailableException">No daemon listens there; the message says what was tried and what to do.</exception>
    /// <exception cref="RdmaException">The daemon refused, for example because it is of another version, or there is no such signal.</exception>
    public static RdmaDevice Open(string? socketPath = null, int leaseSignal = 0)
    {
        IReadOnlyList<string> paths = socketPath is null
            ? DeviceSocketPath.Candidates(Environment.GetEnvironmentVariable, UserRuntimeDirectory.CurrentUser)
            : [socketPath];
        DeviceConnection connection = DeviceConnection.Connect(paths);
        Doorbell? doorbell = null;
        try
        {
            DeviceCommands commands = new(connection);
            (doorbell, string name) = commands.Hello("", leaseSignal);
            RdmaDevice device = new(connection, commands, doorbell, name);
            device._events.Start();
            return device;
        }
        catch
        {
            doorbell?.Dispose();
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Makes a protection domain: <c>ibv_alloc_pd</c>.</summary>
    /// <exception cref="RdmaException">The device has no more of them.</exception>
    public ProtectionDomain CreateProtectionDomain()
    {
        ib_uverbs_alloc_pd_resp response = Commands.Write<ib_uverbs_alloc_pd, ib_uverbs_alloc_pd_resp>(
            "alloc_pd", IB_USER_VERBS_CMD_ALLOC_PD, default);
        return Owned.Add(new ProtectionDomain(this, response.pd_handle));
    }

    /// <summary>Makes a completion queue: <c>ibv_create_cq</c>.</summary>
    /// <param name="entries">Completions that it must hold at once.</param>
    /// <exception cref="RdmaException">The device cannot have one of that size, or no more of them.</exception>
    public CompletionQueue CreateCompletionQueue(int entries = 1024)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entries);
        CompletionQueue queue = CompletionQueue.Create(this, entries, _completionChannel);
        _completionQueues[queue.Id] = queue;
        return Owned.Add(queue);
    }

    /// <summary>Disposes all that was made from it, and closes it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposing, 1) != 0)
        {
            return;
        }

        try
        {
            Owned.DisposeAll();
        }
        finally
        {
            _events.Dispose();
            _connection.Dispose();
            Doorbell.Dispose();
            _asyncEvents.Writer.TryComplete();
        }
    }

    /// <summary>A number that names a new object in events.</summary>
    internal ulong NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Adds a new queue pair to those that events can name.</summary>
    internal void Remember(QueuePair queuePair) => _queuePairs[queuePair.Id] = queuePair;

    /// <summary>Adds a new region to those that events can name.</summary>
    internal void Remember(MemoryRegion region) => _regions[region.RKey] = region;

    internal void Forget(MemoryRegion region) => _regions.TryRemove(new(region.RKey, region));

    internal void Forget(QueuePair queuePair) => _queuePairs.TryRemove(queuePair.Id, out _);

    internal void Forget(CompletionQueue queue)
    {
        _completionQueues.TryRemove(queue.Id, out _);
        Owned.Remove(queue);
    }

    /// <summary>Frees an object of the daemon's; if the daemon is gone, so is the object.</summary>
    internal void Destroy<TCommand>(string what, uint command, in TCommand body)
        where TCommand : unmanaged
    {
        if (Lost is null)
        {
            try
            {
                Commands.Write(what, command, in body);
            }
            catch (DeviceUnavailableException)
            {
                // Gone with its object.
            }
        }
    }

    /// <summary>Frees an object of the daemon's, with a command that has a response.</summary>
    internal void Destroy<TCommand, TResponse>(string what, uint command, in TCommand body)
        where TCommand : unmanaged
        where TResponse : unmanaged
    {
        if (Lost is null)
        {
            try
            {
                Commands.Write<TCommand, TResponse>(what, command, in body);
            }
            catch (DeviceUnavailableException)
            {
                // Gone with its object.
            }
        }
    }

    /// <summary>Fails if the daemon is gone.</summary>
    internal void ThrowIfLost()
    {
        if (Lost is not null)
        {
            throw _connection.Unavailable();
        }
    }

    internal void OnCompletionEvent(ulong id)
    {
        if (_completionQueues.TryGetValue(id, out CompletionQueue? queue))
        {
            queue.OnEvent();
        }
    }

    internal void OnAsyncEvent(ulong element, uint type)
    {
        AsyncEventType kind = (AsyncEventType)type;
        QueuePair? queuePair = null;
        CompletionQueue? queue = null;
        switch (kind)
        {
            case AsyncEventType.CompletionQueueError:
                _completionQueues.TryGetValue(element, out queue);
                break;
            case >= AsyncEventType.QueuePairFatal and <= AsyncEventType.PathMigrationError:
                _queuePairs.TryGetValue(element, out queuePair);
                break;
        }

        MemoryRegion? region = null;
        if (kind == AsyncEventType.LeaseBreak && _regions.TryGetValue((uint)element, out region))
        {
            region.OnLeaseBreak();
        }

        _asyncEvents.Writer.TryWrite(new AsyncEvent(kind, queuePair, queue, region));
    }

    internal void OnLost(DeviceUnavailableException lost)
    {
        foreach (CompletionQueue queue in _completionQueues.Values)
        {
            queue.Fail(lost);
        }

        _asyncEvents.Writer.TryComplete(lost);
    }
}
