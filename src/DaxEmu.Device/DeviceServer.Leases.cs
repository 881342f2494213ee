using DaxEmu.Contract;
using DaxEmu.Linux;

namespace DaxEmu.Device;

/// <summary>What the contract asks of those who hold pins through this device.</summary>
public sealed partial class DeviceServer
{
    /// <inheritdoc/>
    /// <remarks>The client finds it among its asynchronous events: DAXEMU_EVENT_LEASE_BREAK of daxemu/device.h.</remarks>
    public void Notify(Pin pin, LeaseBreak notice)
    {
        ArgumentNullException.ThrowIfNull(pin);
        if (_services.Nic.FindRegionOf(pin) is { } region && SessionOf(pin) is { } session)
        {
            session.AskForRegion(region.Key);
        }
    }

    /// <inheritdoc/>
    public void Revoke(Pin pin, LayoutOperation? cause) => _services.Nic.Revoke(pin);

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
    public IReadOnlyList<ByteRange> TakeWrites(Pin pin) => _services.Nic.TakeWrites(pin);

    /// <inheritdoc/>
    public void WatchWrites(Pin pin) => _services.Nic.WatchWrites(pin);

    /// <inheritdoc/>
    public void TakeWrites(Pin pin, ByteRange pages, DeviceWrites written) => _services.Nic.TakeWrites(pin, pages, written);

    private DeviceSession? SessionOf(Pin pin) =>
        _sessions.TryGetValue(pin.Request.Owner.DeviceFile, out (DeviceSession Session, Thread Thread) found) ? found.Session : null;
}
