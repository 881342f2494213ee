using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Whether somebody may come to share the file's blocks: cp --reflink, deduplication.</summary>
internal static class Reflink
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "reflink and dedupe";
        const string effect = "Whoever may read the file can clone it, and a deduplicator can join its blocks with others; the next write then moves them.";
        string off = facts.Filesystem.Type == "xfs"
            ? "Only when the filesystem is made: mkfs.xfs -m reflink=0. Else: no read permission for others, and no duperemove or bees over it."
            : "It cannot be switched off. No read permission for others, and no duperemove or bees over it.";
        return facts.Filesystem.Reflink switch
        {
            true => new(source, Exposure.Possible, facts.Filesystem.Type == "xfs" ? "xfs made with reflink=1 can" : $"{facts.Filesystem.Type} can", effect, off),
            false => new(source, Exposure.No, facts.Filesystem.Type == "xfs" ? "xfs made with reflink=0 cannot" : $"{facts.Filesystem.Type} cannot"),
            null => new(source, Exposure.Unknown, $"not known for {facts.Filesystem.Type} from here", effect, off),
        };
    }
}
