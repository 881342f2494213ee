using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests;

/// <summary>A contract without pins under which everything proceeds; what derives from it does one thing of its own.</summary>
internal abstract class ProceedingContract : IFileContract
{
    public virtual ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation) =>
        new(new LayoutDecision(LayoutVerdict.Proceed, 0, "", null));

    public virtual IReadOnlyList<Pin> PinsOf(FileIdentity? file = null) => [];

    public virtual bool IsPinned(FileIdentity file, ByteRange range) => false;

    public ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public void Unpin(Pin pin) => throw new NotSupportedException();

    public void ReportBreach(Pin pin, ByteRange range, string evidence) => throw new NotSupportedException();

    public void ReportFailedAccess(Pin pin, ByteRange range, bool isTaken, string evidence) => throw new NotSupportedException();

    public void ReportDivergence(Pin pin, ByteRange range, PinAccess access) => throw new NotSupportedException();

    public void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack) =>
        throw new NotSupportedException();

    public bool HoldsBackWrites(FileIdentity file, string path) => false;

    public DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages) => null;

    public int Persist(FileIdentity file, ByteRange range) => 0;
}
