namespace DaxEmu.Nic;

/// <summary>
/// Events that came up inside an engine's critical section, kept until it has left it. Grows only when a completion queue with very many
/// queue pairs fails: no allocation otherwise.
/// </summary>
internal sealed class PendingEvents
{
    private Event[] _events = new Event[256];
    private int _count;
    private int _delivered;

    private enum Kind
    {
        Completion,
        Async,
        Drain,
        Fault,
        FlushFailed,
        Orphan,
    }

    public void Completion(uint cqNumber, ulong cookie) => Add(new Event(Kind.Completion, 0, cqNumber, cookie));

    public void Async(uint eventType, uint number, ulong cookie) => Add(new Event(Kind.Async, eventType, number, cookie));

    public void Drain(in QpContext qp) => Add(new Event(Kind.Drain, 0, qp.Number, qp.Cookie));

    public void Fault(uint key, ulong offset, int errno) => Add(new Event(Kind.Fault, (uint)errno, key, offset));

    public void FlushFailed(uint key, ulong offset, int errno) => Add(new Event(Kind.FlushFailed, (uint)errno, key, offset));

    public void OrphanTouched(uint key, ulong offset, uint length) => Add(new Event(Kind.Orphan, length, key, offset));

    /// <summary>Tells the host, in order. A handler may drain with the same engine: what that adds is delivered once.</summary>
    public void Deliver(INicEvents events)
    {
        while (_delivered < _count)
        {
            Event next = _events[_delivered++];
            switch (next.Kind)
            {
                case Kind.Completion:
                    events.CompletionEvent(next.Number, next.Value);
                    break;
                case Kind.Async:
                    events.AsyncEvent(next.Type, next.Number, next.Value);
                    break;
                case Kind.Drain:
                    events.DrainNeeded(next.Number, next.Value);
                    break;
                case Kind.FlushFailed:
                    events.FlushFailed(next.Number, next.Value, (int)next.Type);
                    break;
                case Kind.Orphan:
                    events.OrphanTouched(next.Number, next.Value, next.Type);
                    break;
                default:
                    events.MemoryFault(next.Number, next.Value, (int)next.Type);
                    break;
            }
        }

        _count = _delivered = 0;
    }

    private void Add(Event next)
    {
        if (_count == _events.Length)
        {
            Array.Resize(ref _events, _count * 2);
        }

        _events[_count++] = next;
    }

    private readonly record struct Event(Kind Kind, uint Type, uint Number, ulong Value);
}
