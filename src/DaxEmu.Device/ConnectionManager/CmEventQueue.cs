using System.Diagnostics.CodeAnalysis;

namespace DaxEmu.Device;

/// <summary>
/// The events of one open rdma_cm file (an rdma_event_channel). Its descriptor shows as many tokens as there are events, up to a bound,
/// so it is readable just while there are some. Used under the connection manager's lock.
/// </summary>
/// <param name="signal">Shows tokens.</param>
/// <param name="quota">What its user may have.</param>
/// <param name="userId">Its user.</param>
internal sealed class CmEventQueue(ICmSignal signal, UserQuota quota, uint userId)
{
    // A few threads may wait for events of one file at once: enough to wake them all.
    private const int MostShown = 64;

    private readonly LinkedList<CmEvent> _events = new();
    private int _shown;

    /// <summary>What its user may have.</summary>
    public UserQuota Quota => quota;

    /// <summary>Its user.</summary>
    public uint UserId => userId;

    /// <summary>Events that wait.</summary>
    public int Count => _events.Count;

    /// <summary>The ids that belong to it.</summary>
    public HashSet<CmId> Ids { get; } = [];

    /// <summary>True once its file is closed.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Adds an event.</summary>
    public void Add(CmEvent happened)
    {
        _events.AddLast(happened);
        Show();
    }

    /// <summary>Takes the oldest event: the client has taken a token, and asks.</summary>
    public bool TryTake([NotNullWhen(true)] out CmEvent? happened)
    {
        happened = _events.First?.Value;
        _shown = Math.Max(0, _shown - 1);
        if (happened is not null)
        {
            _events.RemoveFirst();
        }

        Show();
        return happened is not null;
    }

    /// <summary>The events of an id.</summary>
    public IEnumerable<CmEvent> WaitingOf(CmId id) => _events.Where(e => e.Id == id);

    /// <summary>Takes out the events that meet a condition.</summary>
    public List<CmEvent> Remove(Func<CmEvent, bool> condition)
    {
        List<CmEvent> removed = [];
        for (LinkedListNode<CmEvent>? at = _events.First; at is not null;)
        {
            LinkedListNode<CmEvent>? next = at.Next;
            if (condition(at.Value))
            {
                removed.Add(at.Value);
                _events.Remove(at);
            }

            at = next;
        }

        while (_shown > _events.Count && signal.TryTakeBack())
        {
            _shown--;
        }

        return removed;
    }

    private void Show()
    {
        while (_shown < Math.Min(_events.Count, MostShown) && signal.TryShow())
        {
            _shown++;
        }
    }
}
