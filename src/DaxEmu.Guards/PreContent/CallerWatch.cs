using DaxEmu.Contract;

namespace DaxEmu.Guards.PreContent;

/// <summary>
/// Looks after callers that nobody tells of: those that carry out what they were allowed, until they are seen to have ended it, and those
/// that wait for an answer, until they are seen to have been killed.
/// </summary>
internal sealed class CallerWatch : IDisposable
{
    private const int BusyMilliseconds = 1;
    private const int WaitingMilliseconds = 20;
    private readonly object _gate = new();
    private readonly List<OperationUnderWay> _underWay = [];
    private readonly Dictionary<ulong, (BlockedCaller Caller, Action GiveUp)> _waiting = [];
    private readonly IGuardEvents _events;
    private readonly Thread _thread;
    private bool _ending;

    internal CallerWatch(IGuardEvents events)
    {
        _events = events;
        _thread = new Thread(Watch) { Name = "guarded callers", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Takes an operation that was allowed, and ends it when its caller has left it.</summary>
    internal void Begin(OperationUnderWay operation)
    {
        lock (_gate)
        {
            _underWay.Add(operation);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends what a caller that asks again was at before; but one call may ask for each of two files.</summary>
    internal void EndBefore(BlockedCaller caller, FileIdentity file)
    {
        OperationUnderWay[] over;
        lock (_gate)
        {
            if (_underWay.Count == 0)
            {
                return;
            }

            over = [.. _underWay.Where(o => o.Caller.Thread == caller.Thread && (o.Identity == file || !o.Caller.IsSameCallAs(caller)))];
        }

        EndAll(over);
    }

    /// <summary>Watches a caller that waits for an answer.</summary>
    /// <param name="number">The number of its request.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="giveUp">Called when it has gone.</param>
    internal void Add(ulong number, BlockedCaller caller, Action giveUp)
    {
        lock (_gate)
        {
            _waiting[number] = (caller, giveUp);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Its request has been decided.</summary>
    internal void Remove(ulong number)
    {
        lock (_gate)
        {
            _waiting.Remove(number);
        }
    }

    /// <summary>Ends the watching; what is under way counts as over.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ending = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        EndAll([.. _underWay]);
    }

    private void Watch()
    {
        long looked = 0;
        while (Wait() is var (underWay, waiting))
        {
            EndAll([.. underWay.Where(o => o.Caller.HasLeft())]);
            if (Environment.TickCount64 - looked >= WaitingMilliseconds)
            {
                looked = Environment.TickCount64;
                foreach ((BlockedCaller _, Action giveUp) in waiting.Where(w => w.Caller.HasLeft()))
                {
                    giveUp();
                }
            }
        }
    }

    // What there is to look at next; null at the end.
    private (OperationUnderWay[] UnderWay, (BlockedCaller Caller, Action GiveUp)[] Waiting)? Wait()
    {
        lock (_gate)
        {
            if (!_ending)
            {
                Monitor.Wait(_gate, _underWay.Count > 0 ? BusyMilliseconds : _waiting.Count > 0 ? WaitingMilliseconds : Timeout.Infinite);
            }

            return _ending ? null : ([.. _underWay], [.. _waiting.Values]);
        }
    }

    private void EndAll(OperationUnderWay[] over)
    {
        foreach (OperationUnderWay operation in over)
        {
            lock (_gate)
            {
                if (!_underWay.Remove(operation))
                {
                    continue;
                }
            }

            try
            {
                operation.End();
            }
#pragma warning disable CA1031 // The others are to be looked after, whatever became of this one.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _events.Warning($"{operation.Identity}: an operation could not be ended", e);
            }
        }
    }
}
