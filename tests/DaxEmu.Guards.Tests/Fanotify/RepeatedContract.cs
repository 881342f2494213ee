using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>Under it the first operation proceeds, and the next waits until it is given up.</summary>
internal sealed class RepeatedContract : ProceedingContract
{
    private readonly TaskCompletionSource _firstEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _requests;

    /// <summary>Completes when the first operation has ended.</summary>
    internal Task FirstEnded => _firstEnded.Task;

    public override async ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        if (Interlocked.Increment(ref _requests) == 1)
        {
            return new LayoutDecision(LayoutVerdict.Proceed, 0, "", () => _firstEnded.TrySetResult());
        }

        TaskCompletionSource given = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = cancellation.Register(() => given.TrySetResult());
        await given.Task;
        return new LayoutDecision(LayoutVerdict.Refuse, Abi.errno.EINTR, "", null);
    }
}
