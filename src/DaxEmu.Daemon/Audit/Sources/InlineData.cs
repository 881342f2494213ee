using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Small files whose bytes lie among the filesystem's own.</summary>
internal static class InlineData
{
    internal static Finding? Judge(AuditFacts facts) => facts.File.IsDirectory ? null
        : facts.Extents is { Inline: > 0 } extents
            ? new(
                "inline data", Exposure.Now, $"{extents.Inline} bytes lie in metadata", "The file has no block: it gets one when it grows, and no DAX before.",
                "Let the file have a page or more before it is registered; btrfs: mount -o max_inline=0; ext4: mkfs.ext4 -O ^inline_data.")
            : facts.Extents is { Mapped: true } ? new("inline data", Exposure.No, "none")
            : facts.Filesystem.HasBlocksElsewhere || facts.Extents is null
                ? new(
                    "inline data", Exposure.Unknown, "the filesystem gives no map of its extents", "Small files may have no block of their own.",
                    "Look at the filesystem that holds the blocks.")
                : new("inline data", Exposure.No, $"{facts.Filesystem.Type} has none");
}
