namespace DaxEmu.Client;

/// <summary>
/// The work requests of one completion queue that somebody awaits. They are told from others by their id, which has the top bit
/// set, and the place and the use in the pool below it.
/// </summary>
internal sealed class AwaitedRequests
{
    /// <summary>Set in the id of every awaited work request, and of no other.</summary>
    public const ulong Mark = 1UL << 63;

    private const uint GenerationMask = (1u << (63 - 32)) - 1;

    private readonly Lock _gate = new();
    private readonly List<AwaitedRequest> _all = [];
    private readonly Stack<AwaitedRequest> _free = new();
    private int _pending;

    /// <summary>Whether somebody awaits a work request.</summary>
    public bool Any => Volatile.Read(ref _pending) != 0;

    /// <summary>Takes one from the pool for a work request that is about to be posted.</summary>
    /// <param name="queuePair">Where it is posted.</param>
    /// <param name="id">The id to post it with.</param>
    public AwaitedRequest Rent(QueuePair queuePair, out ulong id)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out AwaitedRequest? request))
            {
                request = new AwaitedRequest(this, _all.Count);
                _all.Add(request);
            }

            request.QueuePair = queuePair;
            request.IsPending = true;
            id = Mark | ((ulong)request.Generation << 32) | (uint)request.Index;

            // A full barrier: whoever disarms the queue afterwards sees that somebody waits. See CompletionQueue.EnsureArmed.
            Interlocked.Increment(ref _pending);
            return request;
        }
    }

    /// <summary>Takes back one whose work request was not posted, unless <see cref="Fail"/> met it: then it is not used again.</summary>
    public void Abandon(AwaitedRequest request)
    {
        lock (_gate)
        {
            if (request.IsPending)
            {
                End(request);
                _free.Push(request);
            }
        }
    }

    /// <summary>Ends the wait for a work request. A completion that nobody waits for any more is dropped.</summary>
    public void Complete(in WorkCompletion completion)
    {
        AwaitedRequest request;
        lock (_gate)
        {
            int index = (int)(uint)completion.Id;
            uint generation = (uint)(completion.Id >> 32) & GenerationMask;
            if (index >= _all.Count || _all[index].Generation != generation || !_all[index].IsPending)
            {
                return;
            }

            request = _all[index];
            End(request);
        }

        request.SetResult(completion with { Id = 0 });
    }

    /// <summary>Ends a wait because its caller gave it up.</summary>
    public void Cancel(AwaitedRequest request, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!request.IsPending)
            {
                return;
            }

            End(request);
        }

        request.SetException(new OperationCanceledException(cancellation));
    }

    /// <summary>Ends all waits, or those for one queue pair, with an exception.</summary>
    public void Fail(QueuePair? queuePair, Exception exception)
    {
        List<AwaitedRequest> failed = [];
        lock (_gate)
        {
            foreach (AwaitedRequest request in _all)
            {
                if (request.IsPending && (queuePair is null || request.QueuePair == queuePair))
                {
                    End(request);
                    failed.Add(request);
                }
            }
        }

        foreach (AwaitedRequest request in failed)
        {
            request.SetException(exception);
        }
    }

    /// <summary>Takes back one whose result was taken.</summary>
    public void Return(AwaitedRequest request)
    {
        lock (_gate)
        {
            _free.Push(request);
        }
    }

    // From here on a completion of this use finds the next generation.
    private void End(AwaitedRequest request)
    {
        request.IsPending = false;
        request.QueuePair = null;
        request.Generation = (request.Generation + 1) & GenerationMask;
        Interlocked.Decrement(ref _pending);
    }
}
