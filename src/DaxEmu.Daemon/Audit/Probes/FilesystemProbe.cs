using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux.Files;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>The filesystem that holds a file.</summary>
internal static class FilesystemProbe
{
    // Filesystems without remap_file_range: FICLONE and FIDEDUPERANGE are EOPNOTSUPP.
    private static readonly string[] Never =
        ["ext2", "ext3", "ext4", "tmpfs", "ramfs", "hugetlbfs", "f2fs", "vfat", "exfat", "squashfs", "erofs", "iso9660", "9p", "ceph", "devtmpfs"];

    /// <summary>Looks at it.</summary>
    public static FilesystemFacts Look(Target target) => target.Mount is { } mount
        ? new(mount.Type, mount.Source, mount.Point, [.. mount.Options.Split(',').Union(mount.FilesystemOptions.Split(','))], ReflinkOf(target, mount.Type))
        : new("unknown", "", "", [], null);

    private static bool? ReflinkOf(Target target, string type) => type switch
    {
        "btrfs" or "bcachefs" => true,
        "xfs" => target.Readable is { } file && XfsGeometry.Reflink(file, out bool reflink) == 0 ? reflink : null,
        _ => Never.Contains(type) || type.StartsWith("fuse", StringComparison.Ordinal) ? false : null,
    };
}
