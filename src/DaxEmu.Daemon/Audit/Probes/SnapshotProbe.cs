using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>Snapshots of the btrfs subvolume that holds a file.</summary>
internal static class SnapshotProbe
{
    /// <summary>Looks; null off btrfs.</summary>
    public static SnapshotFacts? Look(Target target)
    {
        if (target.Mount?.Type != "btrfs")
        {
            return null;
        }

        if (target.Readable is not { } file)
        {
            return new(null, null, $"the file is not open for reading: {target.WhyUnreadable}");
        }

        int result = BtrfsSubvolumes.Of(file, out BtrfsSubvolume? own);
        if (own is null)
        {
            return new(null, null, $"BTRFS_IOC_GET_SUBVOL_INFO: {ErrnoName.Describe(-result)}");
        }

        bool isSnapshot = own.Origin != Guid.Empty;
        result = BtrfsSubvolumes.All(file, out IReadOnlyList<BtrfsSubvolume> all);
        return result < 0
            ? new(isSnapshot, null, $"listing snapshots needs CAP_SYS_ADMIN: {ErrnoName.Describe(-result)}")
            : new(isSnapshot, [.. all.Where(s => s.Origin != Guid.Empty && s.Origin == own.Identity).Select(s => s.Name)], "");
    }
}
