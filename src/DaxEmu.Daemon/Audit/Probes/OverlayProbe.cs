using DaxEmu.Abi;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>
/// Where a file on overlayfs has its bytes. It matters before anything is opened: opening a file of a lower layer for writing copies it to
/// the upper one.
/// </summary>
internal static class OverlayProbe
{
    /// <summary>Looks for the file in the upper directory.</summary>
    public static OverlayLayer LayerOf(Target target)
    {
        if (target.Mount is not { Type: "overlay" } mount)
        {
            return OverlayLayer.None;
        }

        if (UpperPathOf(mount, target.Name) is not { } upper || mount.FilesystemOptions.Split(',').Contains("metacopy=on"))
        {
            return OverlayLayer.Unknown;
        }

        if (!Directory.Exists(upper.Directory))
        {
            // A container sees its own root, and not the directory that it is made of.
            return OverlayLayer.Unknown;
        }

        if (FileContents.Open(upper.Directory + upper.Name, O_PATH | OpenFlags.NoFollow, out SafeFileHandle? file) < 0)
        {
            return File.Exists(upper.Directory + upper.Name) ? OverlayLayer.Unknown : OverlayLayer.Lower;
        }

        using (file)
        {
            return FileStatus.Status(file!, STATX_BASIC_STATS, out statx status) == 0 && IsSame(status, target.Status)
                ? OverlayLayer.Upper
                : OverlayLayer.Unknown;
        }
    }

    /// <summary>The upper directory and the file's name in it; null when the mount has none that can be found.</summary>
    /// <param name="mount">The overlay.</param>
    /// <param name="name">The file's path, as the kernel has it.</param>
    internal static (string Directory, string Name)? UpperPathOf(MountEntry mount, string name)
    {
        const string option = "upperdir=";
        string? upper = mount.FilesystemOptions.Split(',').FirstOrDefault(o => o.StartsWith(option, StringComparison.Ordinal))?[option.Length..];
        string point = mount.Point == "/" ? "" : mount.Point;
        string root = mount.Root == "/" ? "" : mount.Root;

        // A relative one was relative to who mounted it; a comma or colon in it is escaped in more than one way.
        bool plain = upper is ['/', ..] && !upper.Contains('\\', StringComparison.Ordinal);
        return plain && name.StartsWith(point + "/", StringComparison.Ordinal) ? (upper!, root + name[point.Length..]) : null;
    }

    // Number and device are the overlay's own: what both show is what the file has.
    private static bool IsSame(statx one, statx other) =>
        one.stx_size == other.stx_size && one.stx_mode == other.stx_mode && one.stx_uid == other.stx_uid
        && (one.stx_mtime.tv_sec, one.stx_mtime.tv_nsec) == (other.stx_mtime.tv_sec, other.stx_mtime.tv_nsec);
}
