using DaxEmu.Linux.Memory;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>
/// Copies to and from one client's memory that cannot be mapped, on a thread of its own. The client decides how long a copy takes: with
/// userfaultfd(2), or a filesystem of its own, it can hold it up for ever. Then this thread stands still, and nobody else's.
/// </summary>
internal sealed unsafe class UnmappedCopier : IDisposable
{
    // While somebody waits for copies to end, this often the client is looked after.
    private static readonly TimeSpan Attention = TimeSpan.FromMilliseconds(50);

    // Each holds memory of the daemon, and a client that answers no copy must not make it grow.
    private const int MostWaiting = 256;

    private readonly object _lock = new();
    private int _waiting;
    private UnmappedPlace? _first;
    private UnmappedPlace? _last;
    private bool _isStopped;

    /// <summary>Starts the thread.</summary>
    /// <param name="session">Whose memory it is, for the thread's name.</param>
    public UnmappedCopier(ulong session) => new Thread(Run) { IsBackground = true, Name = $"memory of session {session}" }.Start();

    /// <summary>Carries out the copy that the place describes, later; false when too many wait already.</summary>
    public bool TryAdd(UnmappedPlace place)
    {
        lock (_lock)
        {
            if (_waiting == MostWaiting || _isStopped)
            {
                return false;
            }

            _waiting++;
            place.Range!.Pending++;
            place.Next = null;
            if (_last is null)
            {
                _first = place;
            }
            else
            {
                _last.Next = place;
            }

            _last = place;
            Monitor.PulseAll(_lock);
            return true;
        }
    }

    /// <summary>Waits until no copy of a range is under way any more.</summary>
    /// <param name="range">The range; nothing begins a copy of it any more.</param>
    /// <param name="isGone">Asked meanwhile: a client that is gone is not waited for.</param>
    public void WaitFor(UnmappedRange range, Func<bool> isGone)
    {
        lock (_lock)
        {
            while (range.Pending > 0 && !isGone())
            {
                Monitor.Wait(_lock, Attention);
            }
        }
    }

    /// <summary>The thread ends when the copy that it is at has ended; those behind it fail.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isStopped = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Run()
    {
        while (Take() is { } place)
        {
            UnmappedRange range = place.Range!;
            UnmappedCopy result = Execute(place, range);

            // From here on the place is the engine's again.
            place.State = result;
            lock (_lock)
            {
                range.Pending--;
                Monitor.PulseAll(_lock);
            }
        }
    }

    private UnmappedPlace? Take()
    {
        lock (_lock)
        {
            while (_first is null && !_isStopped)
            {
                Monitor.Wait(_lock);
            }

            UnmappedPlace? place = _first;
            if (place is not null)
            {
                _first = place.Next;
                _last = _first is null ? null : _last;
                _waiting--;
            }

            return place;
        }
    }

    private UnmappedCopy Execute(UnmappedPlace place, UnmappedRange range)
    {
        ulong address = range.Start + place.Offset;
        try
        {
            return Volatile.Read(ref _isStopped) ? Failure(place)
                : place.Copy == UnmappedPlace.Kind.Read ? Read(place, range, address, place.Length)
                : place.Copy == UnmappedPlace.Kind.Write ? Write(place.Buffer, range, address, place.Length)
                : Atomic(place, range, address);
        }
        catch (ObjectDisposedException)
        {
            // The region went away with its client.
            return Failure(place);
        }
    }

    private static UnmappedCopy Failure(UnmappedPlace place) =>
        place.Copy == UnmappedPlace.Kind.Read ? UnmappedCopy.ReadFailed : UnmappedCopy.WriteFailed;

    private static UnmappedCopy Read(UnmappedPlace place, UnmappedRange range, ulong address, uint length) =>
        ProcessMemory.TryRead(range.Memory, address, place.Buffer, length) ? UnmappedCopy.Read : UnmappedCopy.ReadFailed;

    private static UnmappedCopy Write(byte* from, UnmappedRange range, ulong address, uint length) =>
        ProcessMemory.TryWrite(range.Memory, address, from, length) ? UnmappedCopy.Written : UnmappedCopy.WriteFailed;

    // This thread makes all changes to the client's memory, so nothing of the device comes between load and store.
    private static UnmappedCopy Atomic(UnmappedPlace place, UnmappedRange range, ulong address)
    {
        if (Read(place, range, address, sizeof(ulong)) != UnmappedCopy.Read)
        {
            return UnmappedCopy.WriteFailed;
        }

        ulong old = *(ulong*)place.Buffer;
        bool isCompareSwap = place.Copy == UnmappedPlace.Kind.CompareSwap;
        ulong stored = isCompareSwap ? place.Swap : old + place.CompareAdd;
        return isCompareSwap && old != place.CompareAdd ? UnmappedCopy.Written : Write((byte*)&stored, range, address, sizeof(ulong));
    }
}
