using DaxEmu.Daemon.Configuration;
using DaxEmu.Guards.Fuse;
using DaxEmu.Linux;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// The volumes that are guarded, opened. They are made before the contract, whose policies they hold, and before the guards that mount
/// them.
/// </summary>
internal sealed class GuardedVolumes : IDisposable
{
    private readonly List<GuardedVolume> _volumes = [];

    /// <summary>Opens the backing directories.</summary>
    /// <exception cref="ConfigurationException">One cannot be guarded.</exception>
    public GuardedVolumes(DaxEmuOptions options)
    {
        foreach (VolumeOptions volume in options.Volumes)
        {
            try
            {
                _volumes.Add(new GuardedVolume(volume, FuseVolume.Open(volume.Backing, volume.Mount)));
            }
            catch (Exception e) when (e is LinuxException or ArgumentException)
            {
                Dispose();
                throw new ConfigurationException([$"{volume.Key}: {e.Message}"]);
            }
        }
    }

    /// <summary>The volumes, in the order of the configuration.</summary>
    public IReadOnlyList<GuardedVolume> All => _volumes;

    /// <summary>The guards of the volumes that are mounted.</summary>
    public IEnumerable<FuseGuard> Guards => _volumes.Select(v => v.Guard).OfType<FuseGuard>();

    /// <summary>The volume on whose mount a path lies.</summary>
    public GuardedVolume? OfMountPath(string path) => _volumes.Find(v => IsIn(path, v.Options.Mount));

    /// <summary>The volume in whose backing directory a path lies.</summary>
    public GuardedVolume? OfBackingPath(string path) => _volumes.Find(v => IsIn(path, v.Options.Backing));

    /// <summary>Unmounts and closes all.</summary>
    public void Dispose()
    {
        foreach (GuardedVolume volume in _volumes)
        {
            volume.Dispose();
        }
    }

    private static bool IsIn(string path, string directory) =>
        path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);
}
