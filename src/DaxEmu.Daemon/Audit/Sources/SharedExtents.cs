using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Blocks of this file that another file or a snapshot uses too.</summary>
internal static class SharedExtents
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "shared extents";
        const string effect = "The next write gives the file other blocks: a pin on the old ones would write into a clone or snapshot, so DAX must break leases for it.";
        return facts switch
        {
            { File.IsDirectory: true } => null,
            { Filesystem: { Reflink: false, HasBlocksElsewhere: false } } => new(source, Exposure.No, "the filesystem cannot share blocks between files"),
            { Extents: { Mapped: true } extents } when extents.Shared > 0 => new(
                source, Exposure.Now, $"{extents.Shared} of {facts.File.Size} bytes", effect,
                "Give it blocks of its own: cp --reflink=never FILE NEW && mv NEW FILE, or on xfs: xfs_io -c 'funshare 0 SIZE' FILE; delete clones and snapshots."),
            { Extents: { Mapped: true, Complete: true } } => new(source, Exposure.No, "none"),
            _ => new(source, Exposure.Unknown, facts.Extents is { Mapped: true } ? "the file has too many extents to see all" : "the filesystem gives no map of its extents", effect, "Look at the file below, on the filesystem that holds its blocks."),
        };
    }
}
