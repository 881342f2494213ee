namespace DaxEmu.Contract;

/// <summary>
/// Whoever holds pins asks the contract for them, and the contract needs the way back: this stands in until the holder is made.
/// </summary>
public sealed class PinHolderRelay : IPinHolders
{
    private IPinHolders? _holder;

    /// <summary>From now on pins belong to this one. No pin may have been granted before.</summary>
    public void Attach(IPinHolders holder) => _holder = holder;

    /// <inheritdoc/>
    public void Notify(Pin pin, LeaseBreak notice) => _holder?.Notify(pin, notice);

    /// <inheritdoc/>
    public void Revoke(Pin pin, LayoutOperation? cause) => _holder?.Revoke(pin, cause);

    /// <inheritdoc/>
    public void Kill(Pin pin, LayoutOperation cause) => _holder?.Kill(pin, cause);

    /// <inheritdoc/>
    public PageDetachment Detach(LayoutOperation cause, IReadOnlyList<PinnedPages> pages) =>
        _holder?.Detach(cause, pages) ?? new PageDetachment(null);

    /// <inheritdoc/>
    public IDisposable StopCopies(FileIdentity file) =>
        _holder?.StopCopies(file) ?? throw new InvalidOperationException("a pin was granted before there was anybody to hold it");

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange> TakeWrites(Pin pin) => _holder?.TakeWrites(pin) ?? [];

    /// <inheritdoc/>
    public void WatchWrites(Pin pin) => _holder?.WatchWrites(pin);

    /// <inheritdoc/>
    public void TakeWrites(Pin pin, ByteRange pages, DeviceWrites written) => _holder?.TakeWrites(pin, pages, written);
}
