using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Guards;
using DaxEmu.Guards.Fuse;

namespace DaxEmu.Daemon.Composition;

/// <summary>A volume, and the guard that mounts it.</summary>
/// <param name="options">Its configuration.</param>
/// <param name="files">Its files; disposed with it.</param>
internal sealed class GuardedVolume(VolumeOptions options, FuseVolume files) : IDisposable
{
    private FuseGuard? _guard;

    /// <summary>Its configuration.</summary>
    public VolumeOptions Options => options;

    /// <summary>Its files.</summary>
    public FuseVolume Files => files;

    /// <summary>Its guard while it is mounted.</summary>
    public FuseGuard? Guard => Volatile.Read(ref _guard);

    /// <summary>Mounts it; a mount that a killed daemon left there goes first.</summary>
    /// <exception cref="ConfigurationException">It cannot be mounted.</exception>
    public void Mount(IFileContract contract, IGuardEvents events)
    {
        try
        {
            FuseGuardOptions settings = new() { ForcePageCache = options.Passthrough == PassthroughMode.Off };
            _guard = FuseGuard.Mount(files, contract, events, settings);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            throw new ConfigurationException([$"{options.Key}:Mount: {e.Message}"]);
        }
    }

    /// <summary>Unmounts it.</summary>
    public void Unmount() => Interlocked.Exchange(ref _guard, null)?.Dispose();

    /// <summary>Unmounts and closes it.</summary>
    public void Dispose()
    {
        Unmount();
        files.Dispose();
    }
}
