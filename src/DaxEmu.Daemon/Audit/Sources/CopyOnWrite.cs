using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Filesystems that never write a block in place.</summary>
internal static class CopyOnWrite
{
    private static readonly string[] Always = ["btrfs", "bcachefs", "zfs", "nilfs2", "f2fs"];
    private static readonly string[] Never = ["ext2", "ext3", "ext4", "xfs", "vfat", "exfat", "tmpfs", "ramfs", "hugetlbfs"];

    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "copy on write";
        const string effect = "A pin can hold the page, never the block; checksums of a page that a device changes during write-back come out wrong.";
        string type = facts.Filesystem.Type;
        return Never.Contains(type) ? new(source, Exposure.No, $"{type} writes a block of one owner in place")
            : !Always.Contains(type) ? new(source, Exposure.Unknown, $"not known for {type} from here", effect, "Look at the filesystem that holds the blocks.")
            : facts.File.Has(FileFlags.NoCopyOnWrite) ? new(source, Exposure.No, "off for this file (chattr +C); shared blocks still move")
            : new(
                source, Exposure.Now, $"{type} writes every block to a new place", effect,
                type == "btrfs" ? "chattr +C on the directory before the file is made (it must be empty), or mount -o nodatacow." : "Use ext4 or xfs.");
    }
}
