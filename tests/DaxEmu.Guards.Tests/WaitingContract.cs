using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests;

/// <summary>A contract whose every layout operation waits until the test decides it, as policies that wait do.</summary>
internal sealed class WaitingContract : ProceedingContract
{
    private readonly TaskCompletionSource<LayoutOperation> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LayoutDecision> _decision = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _requests;

    /// <summary>Completes when the guard has asked.</summary>
    internal Task<LayoutOperation> Asked => _asked.Task;

    /// <summary>Completes when the operation has ended.</summary>
    internal TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the guard said that the operation was carried out; null before it has ended.</summary>
    internal bool? CarriedOut { get; private set; }

    /// <summary>The decision when the wait is interrupted; anything but a refusal is one that was taken at that very moment.</summary>
    internal LayoutVerdict WhenInterrupted { get; init; } = LayoutVerdict.Refuse;

    /// <summary>Makes the decision when the wait is interrupted, in place of <see cref="WhenInterrupted"/>.</summary>
    internal Func<LayoutDecision>? Interrupted { get; set; }

    /// <summary>Whether the thread that asks is held up until the decision, as by a slow file system.</summary>
    internal bool BlocksTheThread { get; init; }

    /// <summary>How often the guard has asked.</summary>
    internal int Requests => Volatile.Read(ref _requests);

    public override ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _requests);
        cancellation.Register(() =>
        {
            if (Interrupted is { } decide)
            {
                Decide(decide());
            }
            else
            {
                Decide(WhenInterrupted, WhenInterrupted == LayoutVerdict.Refuse ? Abi.errno.EINTR : 0);
            }
        });
        _asked.TrySetResult(operation);
        if (BlocksTheThread)
        {
            _decision.Task.Wait(CancellationToken.None);
        }

        return new(_decision.Task);
    }

    public override bool IsPinned(FileIdentity file, ByteRange range) => true;

    internal void Decide(LayoutVerdict verdict, int errno = 0) =>
        _decision.TrySetResult(new LayoutDecision(verdict, errno, "", () => Ended.TrySetResult(), done => CarriedOut = done));

    internal void Decide(LayoutDecision decision) => _decision.TrySetResult(decision);

    internal void Fail(Exception error) => _decision.TrySetException(error);
}
