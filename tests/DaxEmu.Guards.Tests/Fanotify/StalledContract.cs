using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests.Fanotify;

/// <summary>A contract that does not come back from a request for as long as the test wants, as one whose lock is held.</summary>
internal sealed class StalledContract : IFileContract, IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();

    /// <summary>Completes when the guard has asked.</summary>
    internal Task Asked => _asked.Task;

    public ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        _asked.TrySetResult();
        _released.Wait(CancellationToken.None);
        return new(new LayoutDecision(LayoutVerdict.Proceed, 0, "", null));
    }

    public ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public void Unpin(Pin pin) => throw new NotSupportedException();

    public void ReportBreach(Pin pin, ByteRange range, string evidence) => throw new NotSupportedException();

    public void ReportDivergence(Pin pin, ByteRange range, PinAccess access) => throw new NotSupportedException();

    public void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack) =>
        throw new NotSupportedException();

    public bool HoldsBackWrites(FileIdentity file, string path) => false;

    public DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages) => null;

    public int Persist(FileIdentity file, ByteRange range) => 0;

    public IReadOnlyList<Pin> PinsOf(FileIdentity? file = null) => [];

    public bool IsPinned(FileIdentity file, ByteRange range) => true;

    public void Dispose() => _released.Dispose();

    internal void Release() => _released.Set();
}
