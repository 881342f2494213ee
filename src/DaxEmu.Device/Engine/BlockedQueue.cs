namespace DaxEmu.Device;

/// <summary>Queue pairs that wait for a time, soonest first: a binary heap of fixed capacity.</summary>
/// <param name="capacity">Queue pairs that live at one time.</param>
internal sealed class BlockedQueue(int capacity)
{
    private readonly ScheduledQueuePair?[] _heap = new ScheduledQueuePair?[capacity];

    /// <summary>Queue pairs in it, destroyed ones included.</summary>
    public int Count { get; private set; }

    /// <summary>When the soonest is due; <see cref="long.MaxValue"/> when there is none.</summary>
    public long FirstWakeAt => Count == 0 ? long.MaxValue : _heap[0]!.WakeAt;

    /// <summary>Adds a queue pair, or moves it to another time.</summary>
    public void Set(ScheduledQueuePair qp, long wakeAt)
    {
        Remove(qp);
        if (Count == _heap.Length)
        {
            DropGone();
        }

        qp.WakeAt = wakeAt;
        SiftUp(qp, Count++);
    }

    /// <summary>Takes a queue pair out, if it is in.</summary>
    public void Remove(ScheduledQueuePair qp)
    {
        int index = qp.BlockedIndex;
        if (index == ScheduledQueuePair.NotBlocked)
        {
            return;
        }

        qp.BlockedIndex = ScheduledQueuePair.NotBlocked;
        ScheduledQueuePair last = _heap[--Count]!;
        _heap[Count] = null;
        if (last != qp)
        {
            SiftDown(last, index);
            SiftUp(last, last.BlockedIndex);
        }
    }

    /// <summary>Takes the soonest if it is due, else null.</summary>
    public ScheduledQueuePair? TakeDue(long now)
    {
        if (FirstWakeAt > now)
        {
            return null;
        }

        ScheduledQueuePair first = _heap[0]!;
        Remove(first);
        return first;
    }

    // Those that live always fit: the capacity is the NIC's limit.
    private void DropGone()
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            if (i < Count && _heap[i]!.IsGone)
            {
                Remove(_heap[i]!);
            }
        }
    }

    private void SiftUp(ScheduledQueuePair qp, int index)
    {
        while (index > 0 && _heap[(index - 1) / 2]!.WakeAt > qp.WakeAt)
        {
            Place(_heap[(index - 1) / 2]!, index);
            index = (index - 1) / 2;
        }

        Place(qp, index);
    }

    private void SiftDown(ScheduledQueuePair qp, int index)
    {
        for (int child = (2 * index) + 1; child < Count; child = (2 * index) + 1)
        {
            if (child + 1 < Count && _heap[child + 1]!.WakeAt < _heap[child]!.WakeAt)
            {
                child++;
            }

            if (_heap[child]!.WakeAt >= qp.WakeAt)
            {
                break;
            }

            Place(_heap[child]!, index);
            index = child;
        }

        Place(qp, index);
    }

    private void Place(ScheduledQueuePair qp, int index)
    {
        _heap[index] = qp;
        qp.BlockedIndex = index;
    }
}
