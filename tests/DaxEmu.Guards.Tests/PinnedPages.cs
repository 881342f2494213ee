using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests;

/// <summary>A pin; disposing gives it back.</summary>
internal sealed class PinnedPages(IFileContract contract, IVolumeGuard guard, Pin pin) : IDisposable
{
    internal Pin Pin => pin;

    public void Dispose()
    {
        contract.Unpin(pin);
        guard.OnUnpinned(pin.Request.File);
    }
}
