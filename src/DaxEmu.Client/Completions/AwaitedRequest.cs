using System.Threading.Tasks.Sources;

namespace DaxEmu.Client;

/// <summary>One work request that somebody awaits. Reused once its result was taken.</summary>
internal sealed class AwaitedRequest : IValueTaskSource<WorkCompletion>
{
    private readonly AwaitedRequests _pool;
    private ManualResetValueTaskSourceCore<WorkCompletion> _core;
    private CancellationTokenRegistration _cancellation;

    public AwaitedRequest(AwaitedRequests pool, int index)
    {
        _pool = pool;
        Index = index;

        // The completing thread may be a poller, or the one that serves all completion queues: user code must not run on it.
        _core.RunContinuationsAsynchronously = true;
    }

    /// <summary>Its place in the pool.</summary>
    public int Index { get; }

    /// <summary>How often it was used: a completion that comes after its request was given up must not meet the next use.</summary>
    public uint Generation { get; set; }

    /// <summary>Whether its end is still to come; guarded by the pool's lock.</summary>
    public bool IsPending { get; set; }

    /// <summary>The queue pair it was posted to.</summary>
    public QueuePair? QueuePair { get; set; }

    /// <summary>What the caller awaits.</summary>
    public ValueTask<WorkCompletion> Task => new(this, _core.Version);

    /// <summary>Gives the wait, not the work request, up when the token says so.</summary>
    public void CancelWith(CancellationToken cancellation) =>
        _cancellation = cancellation.UnsafeRegister(
            static (state, token) => ((AwaitedRequest)state!)._pool.Cancel((AwaitedRequest)state, token), this);

    public void SetResult(in WorkCompletion completion) => _core.SetResult(completion);

    public void SetException(Exception exception) => _core.SetException(exception);

    /// <inheritdoc/>
    public WorkCompletion GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            // Waits for a callback that is running, so that none can reach the next use.
            _cancellation.Dispose();
            _cancellation = default;
            _core.Reset();
            _pool.Return(this);
        }
    }

    /// <inheritdoc/>
    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    /// <inheritdoc/>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
