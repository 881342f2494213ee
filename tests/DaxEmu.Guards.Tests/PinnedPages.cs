using DaxEmu.Contract;

namespace DaxEmu.Guards.Tests;

/// <summary>A pin; disposing gives it back.</summary>
internal sealed class PinnedPages(MountedVolume volume, Pin pin) : IDisposable
{
    internal Pin Pin => pin;

    public void Dispose()
    {
        volume.Contract.Unpin(pin);
        volume.Guard.OnUnpinned(pin.Request.File);
    }
}
