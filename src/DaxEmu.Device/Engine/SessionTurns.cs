namespace DaxEmu.Device;

/// <summary>
/// Queue pairs with work: sessions take turns, and each session's queue pairs among themselves. So a client with a thousand queue pairs gets
/// no more than one with a single one. Linked through the sessions' queues, so it never allocates.
/// </summary>
internal sealed class SessionTurns
{
    private ReadyQueue? _first;
    private ReadyQueue? _last;

    /// <summary>Queue pairs in it.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a queue pair behind the others of its session, unless it is in already.</summary>
    public void Add(ScheduledQueuePair qp)
    {
        if (qp.IsReady)
        {
            return;
        }

        qp.Session.Add(qp);
        Count++;
        if (!qp.Session.HasTurn)
        {
            Append(qp.Session);
        }
    }

    /// <summary>Takes the first queue pair of the session whose turn it is; there must be one.</summary>
    public ScheduledQueuePair Take()
    {
        ReadyQueue session = _first!;
        _first = session.Next;
        if (_first is null)
        {
            _last = null;
        }

        session.Next = null;
        session.HasTurn = false;
        ScheduledQueuePair qp = session.Take();
        Count--;
        if (session.Count != 0)
        {
            Append(session);
        }

        return qp;
    }

    private void Append(ReadyQueue session)
    {
        session.HasTurn = true;
        if (_last is null)
        {
            _first = session;
        }
        else
        {
            _last.Next = session;
        }

        _last = session;
    }
}
