using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Snapshots that the filesystem takes itself.</summary>
internal static class Snapshots
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "snapshots";
        const string effect = "A snapshot shares every block of the subvolume at that moment; each block's next write moves it.";
        const string off = "Keep pinned files in a subvolume of their own, which snapshots of others leave out: btrfs subvolume create; delete snapshots: btrfs subvolume delete.";
        if (facts.Snapshots is not { } snapshots)
        {
            return facts.Filesystem.HasBlocksElsewhere || facts.Filesystem.Type is "bcachefs" or "zfs" or "nilfs2"
                ? new(source, Exposure.Unknown, $"not known for {facts.Filesystem.Type} from here", effect, "Look at the filesystem that holds the blocks, with its own tools.")
                : new(source, Exposure.No, $"{facts.Filesystem.Type} has none; those of LVM lie below the filesystem and move nothing of it");
        }

        string itself = snapshots.IsSnapshot == true ? "the subvolume is a snapshot itself; " : "";
        return snapshots.Names switch
        {
            null => new(source, Exposure.Unknown, $"{itself}{snapshots.NotAsked}", effect, "Run as root to see them. " + off),
            { Count: 0 } => new(source, snapshots.IsSnapshot == true ? Exposure.Now : Exposure.Possible, $"{itself}none of this subvolume", effect, off),
            { Count: var count } => new(source, Exposure.Now, $"{itself}{count} of this subvolume: {string.Join(", ", snapshots.Names.Take(5))}", effect, off),
        };
    }
}
