using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Tools that move a file's blocks while it is in use.</summary>
internal static class Defragmentation
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "defragmentation";
        (string tools, string off) = facts.Filesystem.Type switch
        {
            "ext4" => ("e4defrag, EXT4_IOC_MOVE_EXT", "Leave the file out of e4defrag."),
            "xfs" => ("xfs_fsr, XFS_IOC_EXCHANGE_RANGE", "xfs_io -c 'chattr +f' FILE."),
            "btrfs" => ("btrfs filesystem defragment, balance, device remove, autodefrag", "Mount without autodefrag, and do not balance meanwhile."),
            "f2fs" => ("garbage collection", "mount -o background_gc=off, or F2FS_IOC_SET_PIN_FILE."),
            _ => ("", ""),
        };
        const string effect = "Blocks move under the pin: harmless to a pin of the page cache, while on DAX a lease would be broken.";
        return facts.Filesystem.HasBlocksElsewhere
                ? new(source, Exposure.Unknown, $"not known for {facts.Filesystem.Type} from here", effect, "Look at the filesystem that holds the blocks.")
            : tools.Length == 0 ? new(source, Exposure.No, $"no tool that moves blocks of {facts.Filesystem.Type} is known")
            : facts.Filesystem.Type == "xfs" && facts.File.Has(FileFlags.NoDefragmentation) ? new(source, Exposure.No, "xfs_fsr leaves the file alone (chattr +f)")
            : new(source, Exposure.Possible, tools, effect, off);
    }
}
