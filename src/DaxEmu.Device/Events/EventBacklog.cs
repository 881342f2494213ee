namespace DaxEmu.Device;

/// <summary>
/// Events that a channel's client has not made room for, in order and up to a bound. Taking an object's events back marks them; they are
/// removed as they come up, or when they are the greater part, so that nobody waits while thousands are looked through each time.
/// </summary>
/// <param name="limit">Most events kept.</param>
/// <param name="quota">The user's, which bounds all its channels together; null for none.</param>
internal sealed class EventBacklog(int limit, UserQuota? quota = null)
{
    private readonly Queue<(ChannelEvent Event, long Sequence)> _events = new();

    // By object: events that are to be sent, and below which sequence number they were taken back.
    private readonly Dictionary<ulong, int> _counts = [];
    private readonly Dictionary<ulong, long> _withdrawn = [];
    private long _sequence;
    private int _dead;

    /// <summary>True when nothing is to be sent.</summary>
    public bool IsEmpty => _events.Count == _dead;

    /// <summary>Adds an event at the end; false when there is no room.</summary>
    public bool TryAdd(ChannelEvent description)
    {
        if (_events.Count - _dead >= limit || quota?.TakeEvent() == false)
        {
            return false;
        }

        _events.Enqueue((description, _sequence++));
        _counts[description.UserHandle] = _counts.GetValueOrDefault(description.UserHandle) + 1;
        return true;
    }

    /// <summary>The event to be sent next.</summary>
    public bool TryPeek(out ChannelEvent next)
    {
        while (_events.TryPeek(out (ChannelEvent Event, long Sequence) first))
        {
            if (!IsWithdrawn(first.Event, first.Sequence))
            {
                next = first.Event;
                return true;
            }

            _events.Dequeue();
            _dead--;
        }

        _withdrawn.Clear();
        next = default;
        return false;
    }

    /// <summary>Removes the event that <see cref="TryPeek"/> gave.</summary>
    public void Dequeue()
    {
        ulong handle = _events.Dequeue().Event.UserHandle;
        quota?.ReturnEvents(1);
        if (--_counts[handle] == 0)
        {
            _counts.Remove(handle);
        }
    }

    /// <summary>Takes the events of an object back; how many there were.</summary>
    public int Withdraw(ulong userHandle)
    {
        if (!_counts.Remove(userHandle, out int count))
        {
            return 0;
        }

        quota?.ReturnEvents(count);
        _withdrawn[userHandle] = _sequence;
        _dead += count;
        if (_dead > _events.Count / 2)
        {
            Compact();
        }

        return count;
    }

    /// <summary>Drops all.</summary>
    public void Clear()
    {
        quota?.ReturnEvents(_events.Count - _dead);
        _events.Clear();
        _counts.Clear();
        _withdrawn.Clear();
        _dead = 0;
    }

    private bool IsWithdrawn(ChannelEvent description, long sequence) =>
        _withdrawn.TryGetValue(description.UserHandle, out long before) && sequence < before;

    private void Compact()
    {
        for (int left = _events.Count; left > 0; left--)
        {
            (ChannelEvent Event, long Sequence) first = _events.Dequeue();
            if (!IsWithdrawn(first.Event, first.Sequence))
            {
                _events.Enqueue(first);
            }
        }

        _dead = 0;
        _withdrawn.Clear();
    }
}
