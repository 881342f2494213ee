namespace DaxEmu.Contract;

/// <summary>
/// The way back to who holds pins, for the lease policies. Called with no lock of the contract held, on any thread. A pin may be given back
/// at any time, also while a call about it is under way: such a call then does nothing.
/// </summary>
public interface IPinHolders
{
    /// <summary>Tells the holder that it should give the pin back. Must not wait for the holder.</summary>
    /// <param name="pin">The pin.</param>
    /// <param name="notice">Who needs it gone, and until when.</param>
    void Notify(Pin pin, LeaseBreak notice);

    /// <summary>
    /// Ends all access through the pin: when it returns, not a byte of its range is read or written through it any more. The contract takes
    /// the pin back itself.
    /// </summary>
    /// <param name="pin">The pin.</param>
    /// <param name="cause">The operation that it gives way to; null when its bytes have changed already.</param>
    void Revoke(Pin pin, LayoutOperation? cause);

    /// <summary>Kills the process that holds the pin (SIGKILL), if it still lives. <see cref="Revoke"/> follows.</summary>
    /// <param name="pin">The pin.</param>
    /// <param name="cause">The operation that it gives way to.</param>
    void Kill(Pin pin, LayoutOperation cause);

    /// <summary>
    /// Keeps pages for the regions of pins before an operation takes them from the file (<see cref="Policy.Legacy"/>). When it returns, nothing is
    /// read or written through these regions until the answer is settled; a page that several pins cover stays one page for them.
    /// </summary>
    /// <param name="cause">The operation, which is about to be carried out.</param>
    /// <param name="pages">The pages, each pin's in one or more ranges.</param>
    /// <returns>To be settled when the operation has ended, or why it must not begin.</returns>
    PageDetachment Detach(LayoutOperation cause, IReadOnlyList<PinnedPages> pages);

    /// <summary>
    /// Stops the device's copies to and from a file (<see cref="PinMapping.Bounce"/>): when it returns none is under way, and none begins
    /// before the answer is disposed. So none that was found to lie in the file grows it when it has been cut meanwhile.
    /// </summary>
    /// <param name="file">The file.</param>
    IDisposable StopCopies(FileIdentity file);

    /// <summary>
    /// What the device has written through a pin since this was asked last. The first time nothing: what it writes is remembered from then on.
    /// </summary>
    /// <param name="pin">The pin.</param>
    /// <returns>Whole pages of the file, by first byte.</returns>
    IReadOnlyList<ByteRange> TakeWrites(Pin pin);

    /// <summary>From now on which bytes the device writes through a pin is remembered.</summary>
    /// <param name="pin">The pin.</param>
    void WatchWrites(Pin pin);

    /// <summary>
    /// Which bytes the device has written through a pin since <see cref="WatchWrites"/>, or since this was asked last. May name bytes that are
    /// just being written, again the next time. Called where pages are written back, which the device itself may have to wait for: it must
    /// wait for no engine, and for nobody who does.
    /// </summary>
    /// <param name="pin">The pin.</param>
    /// <param name="pages">Whole pages of the file, which the pin touches.</param>
    /// <param name="written">Gets them.</param>
    void TakeWrites(Pin pin, ByteRange pages, DeviceWrites written);
}
