using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Hosting;
using DaxEmu.Guards;
using DaxEmu.Guards.Preload;
using DaxEmu.Linux;

namespace DaxEmu.Daemon.Composition;

/// <summary>The volumes that programs guard themselves. They ask at one socket for all, which is there while there is such a volume.</summary>
internal sealed class PreloadGuards(RuntimeDirectory runtime, IFileContract contract, IPolicySource policies, IGuardEvents events) : IDisposable
{
    // As the device's: whoever may use it is limited by what files are its own.
    private const UnixFileMode Everyone =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private PreloadServer? _server;

    /// <summary>Guards a volume. One thread at a time.</summary>
    /// <param name="key">The volume's configuration key.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="reason">Why so, as a sentence.</param>
    /// <exception cref="ConfigurationException">There can be no socket.</exception>
    public PreloadGuard Start(string key, InPlaceVolume volume, string reason)
    {
        try
        {
            if (_server is null or { IsDisposed: true })
            {
                _server = new PreloadServer(runtime.GuardSocket, Everyone, contract, policies, events);
            }

            return new PreloadGuard(volume, _server, reason);
        }
        catch (LinuxException e)
        {
            throw new ConfigurationException([$"{key}:Guard: {e.Message}"]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _server?.Dispose();
}
