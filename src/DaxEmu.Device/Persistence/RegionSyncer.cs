using System.Diagnostics.CodeAnalysis;
using DaxEmu.Contract;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// Makes regions of files durable: by writing cache lines back where the mapping is MAP_SYNC, else by msync(2), or fdatasync(2) where nothing
/// is mapped, which may take as long as the disk wants and therefore runs on threads of its own. They are started when the first region asks for it.
/// </summary>
public sealed class RegionSyncer : IPersistence, IDisposable
{
    // Many disks at once, each of which may be slow; a queue pair waits only for its own.
    private const int Threads = 4;

    // About 50 us of cache-line write-backs: a turn of an engine may take that.
    private const ulong MostWrittenBackAtOnce = 256 * 1024;

    // A disk that does not answer must not keep the daemon from ending.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly INicEvents _events;
    private readonly IFileContract _contract;
    private readonly SyncedMemory?[] _memory;
    private readonly SyncSlot[] _slots;

    // A ring: a slot is in it at most once.
    private readonly uint[] _queue;
    private readonly Lock _threadsLock = new();
    private readonly object _gate = new();
    private Thread[] _threads = [];
    private int _first;
    private int _count;
    private ulong _lastTicket;
    private bool _isStopping;

    /// <summary>Makes a syncer without threads.</summary>
    /// <param name="events">Told when a queue pair may go on.</param>
    /// <param name="mappings">Where regions lie.</param>
    /// <param name="queuePairs"><see cref="NicOptions.MaxQueuePairs"/>.</param>
    /// <param name="contract">Told of what is made durable, so that none of it is held back.</param>
    public RegionSyncer(INicEvents events, MappingTable mappings, int queuePairs, IFileContract contract)
    {
        ArgumentNullException.ThrowIfNull(mappings);
        _events = events;
        _contract = contract;
        _memory = new SyncedMemory?[mappings.Capacity];
        _slots = new SyncSlot[queuePairs];
        _queue = new uint[queuePairs];
    }

    /// <inheritdoc/>
    public PersistState Persist(uint queue, uint qpNumber, ulong cookie, MappedRange range, ref ulong ticket, out int errno)
    {
        errno = 0;
        lock (_gate)
        {
            ref SyncSlot slot = ref _slots[queue];
            if (ticket != 0 && slot.Ticket == ticket)
            {
                errno = slot.Errno;
                return slot.State != SyncState.Done ? PersistState.UnderWay : errno == 0 ? PersistState.Durable : PersistState.Failed;
            }

            if (_memory[range.Mapping] is not { } memory)
            {
                errno = EFAULT;
                return PersistState.Failed;
            }

            if (memory.IsQuick && range.Length <= MostWrittenBackAtOnce)
            {
                errno = memory.Sync(range);
                return errno == 0 ? PersistState.Durable : PersistState.Failed;
            }

            ticket = ++_lastTicket;
            slot = slot with { Ticket = ticket, Range = range, QpNumber = qpNumber, Cookie = cookie, Errno = 0 };
            if (slot.State == SyncState.Running)
            {
                slot.IsWantedAgain = true;
            }
            else if (slot.State != SyncState.Queued)
            {
                Enqueue(queue);
            }

            return PersistState.UnderWay;
        }
    }

    /// <summary>
    /// Stops and joins the threads; no engine may run any more. One that is in msync(2) for longer is left to the end of the process, and
    /// tells nobody any more.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        foreach (Thread thread in _threads)
        {
            thread.Join((int)Math.Max(0, deadline - Environment.TickCount64));
        }
    }

    /// <summary>From now on the mapping can be made durable.</summary>
    internal void Add(int mapping, SyncedMemory memory)
    {
        Start();
        lock (_gate)
        {
            _memory[mapping] = memory;
        }
    }

    /// <summary>As <see cref="Add"/>, for files that are mapped.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="address">Its first byte.</param>
    /// <param name="isSync">All of it is mapped MAP_SYNC: to write cache lines back is enough.</param>
    /// <param name="pins">The parts of it that lie in files.</param>
    /// <param name="unmap">Called once.</param>
    internal void AddMapped(int mapping, nint address, bool isSync, IReadOnlyList<RegionPin> pins, Action unmap) =>
        Add(mapping, SyncedMemory.Mapped(address, isSync, range => PersistFiles(pins, range), unmap));

    /// <summary>The region is gone.</summary>
    /// <returns>Lets go of what it reached: at once, or when nobody makes it durable any more.</returns>
    internal Action Remove(int mapping)
    {
        lock (_gate)
        {
            SyncedMemory memory = _memory[mapping]!;
            _memory[mapping] = null;
            return () => Release(memory);
        }
    }

    // What the kernel has written back of them may still be held back.
    private int PersistFiles(IReadOnlyList<RegionPin> pins, MappedRange range)
    {
        ByteRange wanted = ByteRange.OfLength(range.Offset, range.Length);
        foreach ((Pin pin, ulong offset) in pins)
        {
            ByteRange own = wanted.IntersectWith(ByteRange.OfLength(offset, pin.Request.Range.Length));
            int errno = own.IsEmpty
                ? 0
                : _contract.Persist(pin.Request.File, ByteRange.OfLength(pin.Request.Range.Start + own.Start - offset, own.Length));
            if (errno != 0)
            {
                return errno;
            }
        }

        return 0;
    }

    private void Start()
    {
        lock (_threadsLock)
        {
            if (_threads.Length == 0)
            {
                _threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(Run) { IsBackground = true, Name = $"DaxEmu sync {i}" })];
                Array.ForEach(_threads, t => t.Start());
            }
        }
    }

    private void Run()
    {
        while (Take(out uint queue, out MappedRange range, out SyncedMemory? memory))
        {
            int errno = EFAULT;
            if (memory is not null)
            {
                errno = Sync(memory, range);
            }

            Finish(queue, errno);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "One region that cannot be made durable must not end the thread of all, and with it the daemon.")]
    private int Sync(SyncedMemory memory, MappedRange range)
    {
        try
        {
            return memory.Sync(range);
        }
        catch (Exception)
        {
            return EIO;
        }
        finally
        {
            Release(memory);
        }
    }

    private bool Take(out uint queue, out MappedRange range, out SyncedMemory? memory)
    {
        lock (_gate)
        {
            while (_count == 0 && !_isStopping)
            {
                Monitor.Wait(_gate);
            }

            queue = _queue[_first];
            range = _slots[queue].Range;
            memory = _memory[range.Mapping];
            if (_isStopping)
            {
                return false;
            }

            _first = (_first + 1) % _queue.Length;
            _count--;
            _slots[queue].State = SyncState.Running;
            if (memory is not null)
            {
                memory.Holders++;
            }

            return true;
        }
    }

    private void Finish(uint queue, int errno)
    {
        uint number;
        ulong cookie;
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            ref SyncSlot slot = ref _slots[queue];
            if (slot.IsWantedAgain)
            {
                slot.IsWantedAgain = false;
                Enqueue(queue);
                return;
            }

            slot.State = SyncState.Done;
            slot.Errno = errno;
            (number, cookie) = (slot.QpNumber, slot.Cookie);
        }

        _events.DrainNeeded(number, cookie);
    }

    private void Enqueue(uint queue)
    {
        _slots[queue].State = SyncState.Queued;
        _queue[(_first + _count++) % _queue.Length] = queue;
        Monitor.Pulse(_gate);
    }

    private void Release(SyncedMemory memory)
    {
        lock (_gate)
        {
            if (--memory.Holders > 0)
            {
                return;
            }
        }

        memory.Release();
    }
}
