using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// Copies to and from one client's memory that is not mapped, on a thread of its own. The client decides how long a copy takes: with
/// userfaultfd(2), or a filesystem of its own, it can hold it up for ever; and a file's disk takes its time. Then this thread stands still,
/// and nobody else's.
/// </summary>
internal sealed unsafe class UnmappedCopier : IDisposable
{
    // While somebody waits for copies to end, this often the client is looked after.
    private static readonly TimeSpan Attention = TimeSpan.FromMilliseconds(50);

    // Each holds memory of the daemon, and a client that answers no copy must not make it grow.
    private const int MostWaiting = 256;

    // A file that an operation has stopped is looked at again this often: the operation's end rings no bell.
    private static readonly TimeSpan StopPatience = TimeSpan.FromMilliseconds(1);

    private readonly object _lock = new();
    private int _waiting;
    private UnmappedPlace? _first;
    private UnmappedPlace? _last;
    private UnmappedRange? _running;
    private int _putOff;
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

            Append(place);
            Monitor.PulseAll(_lock);
            return true;
        }
    }

    private void Append(UnmappedPlace place)
    {
        _waiting++;
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
    }

    /// <summary>Waits until no copy of a range is under way any more. Those that have not begun will fail.</summary>
    /// <param name="range">The range, which is closed.</param>
    /// <param name="isGone">Asked meanwhile: a client that is gone is not waited for.</param>
    public void WaitFor(UnmappedRange range, Func<bool> isGone)
    {
        lock (_lock)
        {
            while (_running == range && !isGone())
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
            if (result == UnmappedCopy.UnderWay)
            {
                PutOff(place);
                continue;
            }

            // From here on the place is the engine's again.
            place.State = result;
            lock (_lock)
            {
                _putOff = 0;
                _running = null;
                Monitor.PulseAll(_lock);
            }
        }
    }

    // Behind those that can perhaps be carried out now.
    private void PutOff(UnmappedPlace place)
    {
        lock (_lock)
        {
            _running = null;
            Append(place);
            Monitor.PulseAll(_lock);
            if (++_putOff >= _waiting)
            {
                _putOff = 0;
                Monitor.Wait(_lock, StopPatience);
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
                _running = place.Range;
            }

            return place;
        }
    }

    // Under way: an operation has stopped the file.
    private UnmappedCopy Execute(UnmappedPlace place, UnmappedRange range)
    {
        bool isRead = place.Copy == UnmappedPlace.Kind.Read;
        while (place.Done < place.Length)
        {
            ulong offset = place.Offset + place.Done;
            uint length = range.Piece(offset, place.Length - place.Done);
            if (Volatile.Read(ref _isStopped) || range.IsClosed)
            {
                return Failure(place);
            }

            if (!range.TryEnter(offset, !isRead))
            {
                return UnmappedCopy.UnderWay;
            }

            int errno;
            try
            {
                errno = place.Copy switch
                {
                    UnmappedPlace.Kind.Read => range.Read(offset, place.Buffer + place.Done, length),
                    UnmappedPlace.Kind.Write => range.Write(offset, place.Buffer + place.Done, length),
                    _ => Atomic(place, range, offset),
                };
            }
            catch (ObjectDisposedException)
            {
                // The region went away with its client.
                return Failure(place);
            }
            finally
            {
                range.Leave(offset, !isRead);
            }

            if (errno != 0)
            {
                place.Errno = errno == ENXIO ? 0 : errno;
                return Failure(place);
            }

            place.Done += length;
        }

        return isRead ? UnmappedCopy.Read : UnmappedCopy.Written;
    }

    private static UnmappedCopy Failure(UnmappedPlace place) =>
        place.Copy == UnmappedPlace.Kind.Read ? UnmappedCopy.ReadFailed : UnmappedCopy.WriteFailed;

    // This thread makes all changes to the client's memory, and a file is this one's alone: nothing of the device comes between load and store.
    private static int Atomic(UnmappedPlace place, UnmappedRange range, ulong offset)
    {
        int errno = range.Read(offset, place.Buffer, sizeof(ulong));
        if (errno != 0)
        {
            return errno;
        }

        ulong old = *(ulong*)place.Buffer;
        bool isCompareSwap = place.Copy == UnmappedPlace.Kind.CompareSwap;
        ulong stored = isCompareSwap ? place.Swap : old + place.CompareAdd;
        return isCompareSwap && old != place.CompareAdd ? 0 : range.Write(offset, (byte*)&stored, sizeof(ulong));
    }
}
