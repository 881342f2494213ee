using System.Collections.Concurrent;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Processes;
using DaxEmu.Linux.Sockets;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>
/// The uverbs driver behind a socket: every connection is an open device file. The NIC, its workers' threads and the log are the host's.
/// </summary>
public sealed partial class DeviceServer : IPinHolders, IDisposable
{
    // A client that is turned away has this long to ask, so that it can be told why.
    private static readonly TimeSpan RefusalPatience = TimeSpan.FromSeconds(1);

    // So many are told at a time, so that a user who is turned away again and again ties up no more than these threads.
    private const int MostRefusals = 64;

    // When the process is out of descriptors, accept(2) fails until some session ends.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly DeviceServerOptions _options;
    private readonly SessionServices _services;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<EngineWorker> _workers;
    private readonly SeqPacketListener _listener;
    private readonly EventPump _pump = new();
    private readonly ConcurrentDictionary<ulong, (DeviceSession Session, Thread Thread)> _sessions = new();
    private readonly ConcurrentDictionary<uint, UserQuota> _users = new();
    private readonly ManualResetEventSlim _stopping = new();
    private readonly MappingBudget _mappingBudget;
    private readonly PageKeeper _pageKeeper;
    private Thread? _acceptor;
    private ulong _lastSession;
    private int _threads;
    private int _refusals;
    private bool _disposed;

    /// <summary>Binds the socket; <see cref="Start"/> accepts.</summary>
    /// <param name="options">Names and limits.</param>
    /// <param name="nic">The NIC; its GID tables are set from the options.</param>
    /// <param name="mappings">The NIC's.</param>
    /// <param name="events">The router that the NIC was made with.</param>
    /// <param name="resolver">Finds out what client memory is.</param>
    /// <param name="workers">At least one; each session goes to the one with the fewest. The host runs and disposes them.</param>
    /// <param name="log">Told what happens.</param>
    /// <param name="time">For <see cref="SessionSnapshot.Since"/>.</param>
    /// <param name="syncer">What the NIC was given to make memory durable, or null.</param>
    /// <exception cref="LinuxException">The socket cannot be bound.</exception>
    public DeviceServer(
        DeviceServerOptions options, NicDevice nic, MappingTable mappings, NicEventRouter events, IMemoryResolver resolver,
        IReadOnlyList<EngineWorker> workers, IDeviceLog log, TimeProvider time, RegionSyncer? syncer = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(nic);
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfZero(workers.Count);
        _options = options;
        _workers = workers;
        _time = time;
        _mappingBudget = new MappingBudget(options.MaxMappings);
        _pageKeeper = new PageKeeper(nic, log);
        EmulatedDevices devices = new(options.Devices, nic.Options);
        nic.SetGidTables(devices.All.Select(device => device.Ports.Select(port => port.Gids.Entries.ToArray())));
        events.Attach(nic);
        CmService connections = new(new ConnectionManager(new HostPorts(devices), time));
        _services = new SessionServices(
            options, nic, mappings, events, resolver, log, devices, new VirtualSysfs(devices), _pump, connections, syncer);
        try
        {
            _listener = new SeqPacketListener(options.SocketPath, options.SocketMode);
        }
        catch
        {
            _pump.Dispose();
            throw;
        }
    }

    /// <summary>The devices.</summary>
    public EmulatedDevices Devices => _services.Devices;

    /// <summary>What its sessions share.</summary>
    internal SessionServices Services => _services;

    /// <summary>As <c>daxemu status</c> shows it.</summary>
    public DeviceSnapshot Snapshot
    {
        get
        {
            SessionSnapshot[] sessions =
            [
                .. _sessions.Values.Where(s => s.Session.IsOpen).Select(s => s.Session.Snapshot).OrderBy(s => s.Id),
            ];
            ObjectCounts all = sessions.Aggregate(default(ObjectCounts), (sum, s) => sum + s.Objects);
            return new DeviceSnapshot(
                [.. Devices.All.Select(d => DeviceDescription.Of(d, sessions))], _options.SocketPath, sessions, all,
                _services.Connections.Manager.Listeners);
        }
    }

    /// <summary>Starts to accept clients.</summary>
    public void Start()
    {
        _acceptor = new Thread(Accept, _options.SessionStackBytes) { IsBackground = true, Name = "DaxEmu accept" };
        _acceptor.Start();
    }

    /// <summary>Accepts no more clients, ends all sessions and waits until what they had is freed. The workers may run on.</summary>
    public void Stop()
    {
        _stopping.Set();
        _listener.Stop();
        _acceptor?.Join();
        foreach ((DeviceSession session, _) in _sessions.Values)
        {
            session.Stop();
        }

        foreach ((_, Thread thread) in _sessions.Values)
        {
            thread.Join();
        }
    }

    /// <summary>Stops, and removes the socket.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        Stop();
        _listener.Dispose();
        _pump.Dispose();
        _stopping.Dispose();
    }

    private void Accept()
    {
        while (!_stopping.IsSet)
        {
            try
            {
                if (_listener.Accept() is { } connection)
                {
                    Admit(connection);
                }
            }
            catch (LinuxException failure)
            {
                _services.Log.Failed("accepting a client", failure);
                _stopping.Wait(AcceptPause);
            }
        }
    }

    private void Admit(SeqPacketConnection connection)
    {
        PeerCredentials client;
        try
        {
            client = connection.GetPeer();
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        if (Volatile.Read(ref _threads) >= _options.MaxSessions)
        {
            connection.Dispose();
            _services.Log.SessionRefused(client, $"all {_options.MaxSessions} sessions of the device are in use");
            return;
        }

        UserQuota quota = _users.GetOrAdd(client.UserId, static (user, server) => new UserQuota(user, server._options, server._mappingBudget), this);
        NicResult admitted = quota.TakeSession();
        if (!admitted.IsOk && !TakeRefusal(quota))
        {
            connection.Dispose();
            _services.Log.SessionRefused(client, admitted.Reason);
            return;
        }

        SessionIdentity identity = new(++_lastSession, client, ProcessStatus.CommandOf(client.ProcessId), _time.GetUtcNow());
        EngineWorker worker = _workers.MinBy(w => w.SessionCount)!;
        DeviceSession session = new(_services, identity, connection, quota, worker);
        if (admitted.IsOk)
        {
            Interlocked.Increment(ref _threads);
        }

        Thread thread = new(() => Serve(session, identity.Id, quota, admitted), _options.SessionStackBytes)
        {
            IsBackground = true,
            Name = $"DaxEmu session {identity.Id}",
        };
        _sessions[identity.Id] = (session, thread);
        try
        {
            thread.Start();
        }
        catch (Exception error) when (error is OutOfMemoryException or ThreadStartException)
        {
            _services.Log.Failed("starting a session's thread", error);
            session.Dispose();
            Leave(identity.Id, quota, admitted);
        }
    }

    private void Serve(DeviceSession session, ulong id, UserQuota quota, NicResult admitted)
    {
        if (admitted.IsOk)
        {
            session.Run();
        }
        else
        {
            session.Refuse(admitted.Error, RefusalPatience);
        }

        Leave(id, quota, admitted);
    }

    private void Leave(ulong id, UserQuota quota, NicResult admitted)
    {
        if (admitted.IsOk)
        {
            quota.ReturnSession();
            Interlocked.Decrement(ref _threads);
        }
        else
        {
            quota.ReturnRefusal();
            Interlocked.Decrement(ref _refusals);
        }

        _sessions.TryRemove(id, out _);
    }

    private bool TakeRefusal(UserQuota quota)
    {
        if (Interlocked.Increment(ref _refusals) <= MostRefusals && quota.TakeRefusal())
        {
            return true;
        }

        Interlocked.Decrement(ref _refusals);
        return false;
    }
}
