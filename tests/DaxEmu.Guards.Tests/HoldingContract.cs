using DaxEmu.Contract;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>A contract under which everything proceeds, but a thread that asks who has pinned a file is held up until the test lets it go.</summary>
internal sealed class HoldingContract : IFileContract, IDisposable
{
    private readonly ManualResetEventSlim _gone = new();
    private readonly SemaphoreSlim _held = new(0);

    /// <summary>Waits until so many threads are held up.</summary>
    internal async Task HeldAsync(int threads)
    {
        for (int i = 0; i < threads; i++)
        {
            await _held.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    internal void LetGo() => _gone.Set();

    public IReadOnlyList<Pin> PinsOf(FileIdentity? file = null)
    {
        _held.Release();
        _gone.Wait();
        return [];
    }

    public ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation) =>
        new(new LayoutDecision(LayoutVerdict.Proceed, 0, "", () => { }));

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

    public bool IsPinned(FileIdentity file, ByteRange range) => false;

    public void Dispose()
    {
        LetGo();
        _held.Dispose();
    }
}
