namespace DaxEmu.Device;

/// <summary>
/// A session's queue pairs with work, first in, first out; each at most once. Linked through the queue pairs, so it never allocates.
/// </summary>
internal sealed class ReadyQueue
{
    private ScheduledQueuePair? _first;
    private ScheduledQueuePair? _last;
    private int _count;

    /// <summary>The next in <see cref="SessionTurns"/>.</summary>
    public ReadyQueue? Next { get; set; }

    /// <summary>It is in <see cref="SessionTurns"/>.</summary>
    public bool HasTurn { get; set; }

    /// <summary>Queue pairs in it; readable from any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds one at the end, unless it is in already.</summary>
    public void Add(ScheduledQueuePair qp)
    {
        if (qp.IsReady)
        {
            return;
        }

        qp.IsReady = true;
        if (_last is null)
        {
            _first = qp;
        }
        else
        {
            _last.Next = qp;
        }

        _last = qp;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Takes the first; there must be one.</summary>
    public ScheduledQueuePair Take()
    {
        ScheduledQueuePair qp = _first!;
        _first = qp.Next;
        if (_first is null)
        {
            _last = null;
        }

        qp.Next = null;
        qp.IsReady = false;
        Volatile.Write(ref _count, _count - 1);
        return qp;
    }
}
