using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Guards;
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
        GuardedVolume? volume = volumes.OfShownPath(shown);
        if (volume is not null)
        {
            // A daemon that looked the file up through its own mount would ask itself.
            backing = volume.Options.Backing + shown[volume.Options.Shown.Length..];
        }
        else if (volumes.OfBackingPath(backing) is { } behind)
        {
            volume = behind;
            shown = volume.Options.Shown + backing[volume.Options.Backing.Length..];
        }

        using SafeFileHandle? file = Open(backing);
        return file is null ? null : OfVolume(file) ?? new LocatedFile(IdentityOf(file, backing), shown, volume?.Options.Shown);
    }

    // A symbolic link can lead onto a volume by a name that does not show it; what is on a mount has another identity than its backing file.
    private LocatedFile? OfVolume(SafeFileHandle file)
    {
        foreach (GuardedVolume volume in volumes.All)
        {
            if (volume.Guard is { } guard && guard.TryResolveBacking(file, out BackingFile? found))
            {
                using (found)
                {
                    return new LocatedFile(found.Identity, found.Path, volume.Options.Shown);
                }
            }
        }

        return null;
    }

    private static SafeFileHandle? Open(string path)
    {
        int opened = FileContents.Open(path, fcntl.O_PATH, out SafeFileHandle? file);
        if (opened is -errno.ENOENT or -errno.ENOTDIR)
        {
            return null;
        }

        return opened < 0 ? throw new LinuxException($"open(\"{path}\", O_PATH)", -opened) : file;
    }

    private static FileIdentity IdentityOf(SafeFileHandle file, string path)
    {
        int known = FileStatus.Status(file, linux_stat.STATX_INO, out statx status);
        return known < 0
            ? throw new LinuxException($"statx(\"{path}\")", -known)
            : new FileIdentity(DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor), status.stx_ino);
    }
}
