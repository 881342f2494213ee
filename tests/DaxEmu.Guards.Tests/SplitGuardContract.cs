using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests;

/// <summary>The real contract, but check and deed can be made two steps, with a moment between: wrong on purpose.</summary>
/// <param name="contract">The real one.</param>
/// <param name="split">What is wrong.</param>
internal sealed class SplitGuardContract(IFileContract contract, SplitGuardContract.Split split) : IFileContract
{
    internal enum Split
    {
        /// <summary>Nothing.</summary>
        None,

        /// <summary>An operation's mark is gone before it is carried out.</summary>
        Operation,

        /// <summary>A pin is decided on what the file was before.</summary>
        Pin,
    }

    public async ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        LayoutDecision decision = await contract.RequestAsync(operation, cancellation);
        if (split == Split.Operation)
        {
            decision.Dispose();
            Thread.Yield();
        }

        return decision;
    }

    public ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        if (split != Split.Pin)
        {
            return contract.PinAsync(request, readFacts, cancellation);
        }

        FileFacts before = readFacts();
        Thread.Yield();
        return contract.PinAsync(request, () => before, cancellation);
    }

    public void Unpin(Pin pin) => contract.Unpin(pin);

    public void ReportBreach(Pin pin, ByteRange range, string evidence) => contract.ReportBreach(pin, range, evidence);

    public void ReportDivergence(Pin pin, ByteRange range, PinAccess access) => contract.ReportDivergence(pin, range, access);

    public void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack) =>
        contract.Syncing(file, path, requester, heldBack);

    public bool HoldsBackWrites(FileIdentity file, string path) => contract.HoldsBackWrites(file, path);

    public DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages) => contract.TakeWrites(file, path, pages);

    public int Persist(FileIdentity file, ByteRange range) => contract.Persist(file, range);

    public IReadOnlyList<Pin> PinsOf(FileIdentity? file = null) => contract.PinsOf(file);

    public bool IsPinned(FileIdentity file, ByteRange range) => contract.IsPinned(file, range);
}
