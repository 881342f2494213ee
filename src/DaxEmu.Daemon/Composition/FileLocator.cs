using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Daemon.Composition;

/// <summary>Finds the backing file that a path means, whether it is named on a guarded volume or in its backing directory.</summary>
/// <param name="volumes">The volumes.</param>
internal sealed class FileLocator(GuardedVolumes volumes)
{
    /// <summary>Looks a path up, without opening the file: a FIFO or a device is not touched.</summary>
    /// <param name="path">Absolute.</param>
    /// <returns>Null when there is no such file.</returns>
    /// <exception cref="LinuxException">The file cannot be asked.</exception>
    public LocatedFile? Locate(string path)
    {
        string shown = Path.GetFullPath(path);
        string backing = shown;
        GuardedVolume? volume = volumes.OfMountPath(shown);
        if (volume is not null)
        {
            // A daemon that looked the file up through its own mount would ask itself.
            backing = volume.Options.Backing + shown[volume.Options.Mount.Length..];
        }
        else if (volumes.OfBackingPath(backing) is { } behind)
        {
            volume = behind;
            shown = volume.Options.Mount + backing[volume.Options.Backing.Length..];
        }

        return IdentityOf(backing) is { } identity ? new LocatedFile(identity, shown, volume?.Options.Mount) : null;
    }

    private static FileIdentity? IdentityOf(string path)
    {
        int opened = FileContents.Open(path, fcntl.O_PATH, out SafeFileHandle? file);
        if (opened is -errno.ENOENT or -errno.ENOTDIR)
        {
            return null;
        }

        if (opened < 0)
        {
            throw new LinuxException($"open(\"{path}\", O_PATH)", -opened);
        }

        using (file)
        {
            int known = FileStatus.Status(file!, linux_stat.STATX_INO, out statx status);
            return known < 0
                ? throw new LinuxException($"statx(\"{path}\")", -known)
                : new FileIdentity(DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor), status.stx_ino);
        }
    }
}
