namespace DaxEmu.Contract;

/// <summary>A layout operation that waits for the pins in its range. All but <see cref="Answer"/> is guarded by the gate of its file.</summary>
/// <param name="file">The state it waits in, which is kept as long as it waits.</param>
/// <param name="operation">What was asked.</param>
/// <param name="policy">The policy it is judged by.</param>
/// <param name="since">When it began to wait.</param>
internal sealed class BlockedOperation(FileState file, LayoutOperation operation, PolicySetting policy, DateTimeOffset since) : IDisposable
{
    private readonly TaskCompletionSource<LayoutDecision> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _timer;

    /// <summary>The file.</summary>
    internal FileState File { get; } = file;

    /// <summary>What was asked.</summary>
    internal LayoutOperation Operation { get; } = operation;

    /// <summary>The policy it is judged by.</summary>
    internal PolicySetting Policy { get; } = policy;

    /// <summary>When it began to wait.</summary>
    internal DateTimeOffset Since { get; } = since;

    /// <summary>Whether the holders are told, and lose the pins in the end.</summary>
    internal bool BreaksLeases => Policy.Policy is Contract.Policy.LeaseRevoke or Contract.Policy.LeaseKill;

    /// <summary>The pins that were in the way at first: some to name, and how many.</summary>
    internal PinsInTheWay Pins { get; init; } = new([], 0);

    /// <summary>True once it is answered.</summary>
    internal bool IsAnswered { get; private set; }

    /// <summary>Its answer.</summary>
    internal Task<LayoutDecision> Answer => _answer.Task;

    /// <summary>Sets the timer that ends the wait, or sets it anew.</summary>
    internal void Schedule(TimeProvider time, TimeSpan delay, Action<BlockedOperation> onTime)
    {
        if (delay == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        if (_timer is null)
        {
            _timer = time.CreateTimer(_ => onTime(this), null, delay, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Answers; what waits for the answer runs elsewhere.</summary>
    internal void Complete(LayoutDecision decision)
    {
        IsAnswered = true;
        Dispose();
        _answer.SetResult(decision);
    }

    /// <summary>Passes on what a holder threw.</summary>
    internal void Fail(Exception error)
    {
        IsAnswered = true;
        Dispose();
        _answer.SetException(error);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();
}
