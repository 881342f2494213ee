using DaxEmu.Daemon.Configuration;
using DaxEmu.Guards;
using DaxEmu.Linux;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// The volumes, opened. They are made before the contract, whose policies they hold, and before the guards that answer for them.
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
                _volumes.Add(GuardedVolume.Open(volume));
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

    /// <summary>The guards at work.</summary>
    public IEnumerable<IVolumeGuard> Guards => _volumes.Select(v => v.Guard).OfType<IVolumeGuard>();

    /// <summary>The volume that a path lies on, as programs see it.</summary>
    public GuardedVolume? OfShownPath(string path) => _volumes.Find(v => PathWithin.IsWithin(path, v.Options.Shown));

    /// <summary>The volume in whose backing directory a path lies.</summary>
    public GuardedVolume? OfBackingPath(string path) => _volumes.Find(v => PathWithin.IsWithin(path, v.Options.Backing));

    /// <summary>Stops guarding them and closes all.</summary>
    public void Dispose()
    {
        foreach (GuardedVolume volume in _volumes)
        {
            volume.Dispose();
        }
    }
}
