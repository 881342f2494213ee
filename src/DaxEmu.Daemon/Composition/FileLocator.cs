using DaxEmu.Contract;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux.Files;

namespace DaxEmu.Daemon.Composition;

/// <summary>Finds the backing file that a path means, whether it is named on a guarded volume or on its backing directory.</summary>
/// <param name="options">The volumes.</param>
internal sealed class FileLocator(DaxEmuOptions options)
{
    /// <summary>Looks a path up.</summary>
    /// <param name="path">Absolute.</param>
    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="Linux.LinuxException">The file cannot be asked.</exception>
    public LocatedFile? Locate(string path)
    {
        // A daemon that looked the file up through its own mount would wait for itself.
        string full = Path.GetFullPath(path);
        VolumeOptions? volume = options.Volumes.FirstOrDefault(v => IsIn(full, v.Mount));
        string backing = volume is null ? full : volume.Backing + full[volume.Mount.Length..];
        volume ??= options.Volumes.FirstOrDefault(v => IsIn(full, v.Backing));
        return FileNumber.OfPath(backing) is { } number
            ? new LocatedFile(new FileIdentity(number.Device, number.Inode), backing, volume)
            : null;
    }

    private static bool IsIn(string path, string directory) =>
        path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal);
}
