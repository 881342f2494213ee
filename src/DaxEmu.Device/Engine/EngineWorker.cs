using DaxEmu.Linux.Events;
using DaxEmu.Nic;
using static DaxEmu.Abi.epoll;

namespace DaxEmu.Device;

/// <summary>
/// Carries out the work requests of some sessions: collects their doorbells, drains their queue pairs in turn, and sleeps when there is
/// nothing to do. <see cref="Run"/> belongs on a thread of its own; sessions come and go without disturbing it.
/// </summary>
/// <remarks>
/// Each client wakes the worker through an eventfd of its own, and the worker sleeps in one epoll(7) over them: with a futex word that all
/// clients share, one client could hold back another's wake-up. A pass allocates nothing and makes no system call.
/// </remarks>
public sealed class EngineWorker : IDisposable
{
    // So many drains between two looks at the doorbells.
    private const int DrainsPerPass = 64;
    private const ulong OwnToken = 0;
    private const long NanosecondsPerTick = 100;

    private readonly NicDevice _nic;
    private readonly IdleSpin _spin;
    private readonly EpollSet _sleepers = new();
    private readonly EventDescriptor _wake = new();
    private readonly Lock _sessionsLock = new();
    private readonly SessionTurns _ready = new();
    private readonly BlockedQueue _blocked;
    private SessionDoorbell[] _sessions = [];
    private ulong _pass;
    private int _asleep;

    /// <summary>Makes a worker; nothing runs yet.</summary>
    /// <param name="nic">The NIC.</param>
    /// <param name="options">How it spends its time.</param>
    /// <exception cref="Linux.LinuxException">EMFILE.</exception>
    public EngineWorker(NicDevice nic, EngineWorkerOptions options)
    {
        ArgumentNullException.ThrowIfNull(nic);
        ArgumentNullException.ThrowIfNull(options);
        _nic = nic;
        _spin = new IdleSpin(options.Spin.Ticks * NanosecondsPerTick);
        _blocked = new BlockedQueue(nic.Options.MaxQueuePairs);
        _sleepers.Add(_wake.Handle, OwnToken, EPOLLIN | EPOLLET);
    }

    /// <summary>Sessions it serves.</summary>
    public int SessionCount => Volatile.Read(ref _sessions).Length;

    /// <summary>Times it went to sleep.</summary>
    public long Sleeps { get; private set; }

    /// <summary>Works until told to stop. Takes an engine of the NIC for that time.</summary>
    /// <param name="stop">Told to stop.</param>
    /// <exception cref="InvalidOperationException">All engines of the NIC are taken.</exception>
    public void Run(CancellationToken stop)
    {
        using NicEngine engine = _nic.CreateEngine();
        using CancellationTokenRegistration waker = stop.Register(_wake.Signal);
        while (!stop.IsCancellationRequested)
        {
            if (Pass(engine))
            {
                _spin.Worked();
            }
            else if (!_spin.LookOn())
            {
                Sleep(stop);
                _spin.Worked();
            }
        }
    }

    /// <summary>Closes what it sleeps on. <see cref="Run"/> must have returned.</summary>
    public void Dispose()
    {
        _sleepers.Dispose();
        _wake.Dispose();
    }

    /// <summary>Serves a session from now on.</summary>
    internal void Add(SessionDoorbell session)
    {
        _sleepers.Add(session.Wake.Handle, session.Token, EPOLLIN | EPOLLET);
        session.Worker = this;
        lock (_sessionsLock)
        {
            Volatile.Write(ref _sessions, [.. _sessions, session]);
        }

        _wake.Signal();
    }

    /// <summary>Stops serving a session. When this returns, the worker does not look at its doorbell any more.</summary>
    internal void Remove(SessionDoorbell session)
    {
        lock (_sessionsLock)
        {
            Volatile.Write(ref _sessions, [.. _sessions.Where(s => s != session)]);
        }

        session.Worker = null;
        _sleepers.Remove(session.Wake.Handle);
        WaitForPass();
    }

    /// <summary>To be called after having left something to do.</summary>
    internal void WakeIfAsleep()
    {
        // Pairs with Sleep: either this sees the worker asleep, or the worker sees what was left.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleep) != 0)
        {
            _wake.Signal();
        }
    }

    /// <summary>Waits until the pass under way, if there is one, is over.</summary>
    internal void WaitForPass()
    {
        Interlocked.MemoryBarrier();
        ulong seen = Volatile.Read(ref _pass);
        SpinWait spin = new();
        while ((seen & 1) != 0 && Volatile.Read(ref _pass) == seen)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    // An odd number while a pass looks at sessions. As WaitForPass has it: the list is written, then the number read; here the number is
    // written, then the list read.
    private bool Pass(NicEngine engine)
    {
        Interlocked.Increment(ref _pass);
        bool worked = false;
        foreach (SessionDoorbell session in Volatile.Read(ref _sessions))
        {
            worked |= session.Collect(_ready);
        }

        long now = Clock.Now;
        while (_blocked.TakeDue(now) is { } due)
        {
            _ready.Add(due);
            worked = true;
        }

        for (int left = Math.Min(_ready.Count, DrainsPerPass); left > 0; left--)
        {
            Drain(engine, _ready.Take());
            worked = true;
        }

        Interlocked.Increment(ref _pass);
        return worked || _ready.Count != 0;
    }

    private void Drain(NicEngine engine, ScheduledQueuePair qp)
    {
        DrainResult result = qp.IsGone ? default : engine.Drain(qp.Number, Clock.Now);
        if (result.Status == DrainStatus.Blocked)
        {
            _blocked.Set(qp, result.WakeAt);
            return;
        }

        _blocked.Remove(qp);
        if (result.Status == DrainStatus.More)
        {
            _ready.Add(qp);
        }
    }

    private void Sleep(CancellationToken stop)
    {
        Volatile.Write(ref _asleep, 1);
        Interlocked.Increment(ref _pass);
        bool quiet = TellSessions(asleep: true);
        Interlocked.Increment(ref _pass);
        if (quiet && !stop.IsCancellationRequested)
        {
            Sleeps++;
            long wakeAt = _blocked.FirstWakeAt;
            _sleepers.Wait(wakeAt == long.MaxValue ? -1 : Math.Max(0, wakeAt - Clock.Now));
        }

        Volatile.Write(ref _asleep, 0);
        Interlocked.Increment(ref _pass);
        TellSessions(asleep: false);
        Interlocked.Increment(ref _pass);
    }

    // daxemu/device.h: the client rings, then (full barrier) reads worker_asleep; here worker_asleep is written, then (full barrier) the
    // bells read.
    private bool TellSessions(bool asleep)
    {
        SessionDoorbell[] sessions = Volatile.Read(ref _sessions);
        foreach (SessionDoorbell session in sessions)
        {
            session.SetAsleep(asleep);
        }

        Interlocked.MemoryBarrier();
        bool quiet = true;
        foreach (SessionDoorbell session in sessions)
        {
            quiet &= session.IsQuiet;
        }

        return quiet;
    }
}
