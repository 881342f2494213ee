using DaxEmu.Contract;
using DaxEmu.Linux;

namespace DaxEmu.Device;

/// <summary>What the contract asks of those who hold pins through this device.</summary>
public sealed partial class DeviceServer
{
    /// <inheritdoc/>
    /// <remarks>
    /// The client finds it among its asynchronous events: DAXEMU_EVENT_LEASE_BREAK of daxemu/device.h. The signal goes to the process that opened
    /// the device file.
    /// </remarks>
    public void Notify(Pin pin, LeaseBreak notice)
    {
        ArgumentNullException.ThrowIfNull(pin);
        if (_services.Nic.FindRegionOf(pin) is not { } region || SessionOf(pin) is not { } session)
        {
            return;
        }

        try
        {
            session.AskForRegion(region.Key);
        }
        catch (Exception failure) when (failure is LinuxException or ObjectDisposedException)
        {
            PinOwner owner = pin.Request.Owner;
            _services.Log.Failed(
                $"signalling process {owner.ProcessId} ({owner.Command}), which asked for it, that {pin.Request.Region} is wanted back; " +
                "its asynchronous event was sent. A daemon that is not root may signal its own user's processes only",
                failure);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// An engine may be held up by a store into the very file: without FUSE passthrough a page that is to be written back waits for the
    /// truncate that asks for this. So the wait for engines ends, and the operation fails with it.
    /// </remarks>
    public void Revoke(Pin pin, LayoutOperation? cause)
    {
        using CancellationTokenSource limit = new(PageKeeper.EnginePatience);
        _services.Nic.Revoke(pin, limit.Token);
    }

    /// <inheritdoc/>
    /// <remarks>The process is the one that opened the device file, whoever has the descriptor now. When it cannot be killed, the log says so.</remarks>
    public void Kill(Pin pin, LayoutOperation cause)
    {
        ArgumentNullException.ThrowIfNull(pin);
        try
        {
            SessionOf(pin)?.KillClient();
        }
        catch (Exception failure) when (failure is LinuxException or ObjectDisposedException)
        {
            _services.Log.Failed($"killing process {pin.Request.Owner.ProcessId} ({pin.Request.Owner.Command})", failure);
        }
    }

    /// <inheritdoc/>
    public PageDetachment Detach(LayoutOperation cause, IReadOnlyList<PinnedPages> pages) => _pageKeeper.Detach(cause, pages);

    /// <inheritdoc/>
    public IDisposable StopCopies(FileIdentity file) => _services.Bounced.Stop(file);

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange> TakeWrites(Pin pin) => _services.Nic.TakeWrites(pin);

    /// <inheritdoc/>
    public void WatchWrites(Pin pin) => _services.Nic.WatchWrites(pin);

    /// <inheritdoc/>
    public void TakeWrites(Pin pin, ByteRange pages, DeviceWrites written) => _services.Nic.TakeWrites(pin, pages, written);

    private DeviceSession? SessionOf(Pin pin) =>
        _sessions.TryGetValue(pin.Request.Owner.DeviceFile, out (DeviceSession Session, Thread Thread) found) ? found.Session : null;
}
