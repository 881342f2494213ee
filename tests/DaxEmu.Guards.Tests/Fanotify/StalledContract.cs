using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>A contract that does not come back from a request for as long as the test wants, as one whose lock is held.</summary>
internal sealed class StalledContract : ProceedingContract, IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();

    /// <summary>Completes when the guard has asked.</summary>
    internal Task Asked => _asked.Task;

    public override ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        _asked.TrySetResult();
        _released.Wait(CancellationToken.None);
        return new(new LayoutDecision(LayoutVerdict.Proceed, 0, "", null));
    }

    public override bool IsPinned(FileIdentity file, ByteRange range) => true;

    public void Dispose() => _released.Dispose();

    internal void Release() => _released.Set();
}
