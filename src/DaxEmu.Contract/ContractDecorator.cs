namespace DaxEmu.Contract;

/// <summary>A contract that passes everything on to another; what derives from it changes or observes some of it.</summary>
/// <param name="contract">Decides.</param>
public abstract class ContractDecorator(IFileContract contract) : IFileContract
{
    /// <summary>The contract that decides.</summary>
    protected IFileContract Decorated => contract;

    /// <inheritdoc/>
    public virtual ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation) =>
        contract.PinAsync(request, readFacts, cancellation);

    /// <inheritdoc/>
    public virtual void Unpin(Pin pin) => contract.Unpin(pin);

    /// <inheritdoc/>
    public virtual ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation) =>
        contract.RequestAsync(operation, cancellation);

    /// <inheritdoc/>
    public virtual bool Forbid(LayoutOperation operation, int errno) => contract.Forbid(operation, errno);

    /// <inheritdoc/>
    public virtual void ReportBreach(Pin pin, ByteRange range, string evidence) => contract.ReportBreach(pin, range, evidence);

    /// <inheritdoc/>
    public virtual void ReportFailedAccess(Pin pin, ByteRange range, bool isTaken, string evidence) =>
        contract.ReportFailedAccess(pin, range, isTaken, evidence);

    /// <inheritdoc/>
    public virtual void ReportDivergence(Pin pin, ByteRange range, PinAccess access) => contract.ReportDivergence(pin, range, access);

    /// <inheritdoc/>
    public virtual void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack) =>
        contract.Syncing(file, path, requester, heldBack);

    /// <inheritdoc/>
    public virtual bool HoldsBackWrites(FileIdentity file, string path) => contract.HoldsBackWrites(file, path);

    /// <inheritdoc/>
    public virtual DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages) => contract.TakeWrites(file, path, pages);

    /// <inheritdoc/>
    public virtual int Persist(FileIdentity file, ByteRange range) => contract.Persist(file, range);

    /// <inheritdoc/>
    public virtual IReadOnlyList<Pin> PinsOf(FileIdentity? file = null) => contract.PinsOf(file);

    /// <inheritdoc/>
    public virtual bool IsPinned(FileIdentity file, ByteRange range) => contract.IsPinned(file, range);
}
