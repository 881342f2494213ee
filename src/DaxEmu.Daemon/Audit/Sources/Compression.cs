using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Compression by the filesystem.</summary>
internal static class Compression
{
    private static readonly string[] Options = ["compress", "compress-force", "compress_algorithm", "compression"];

    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "compression";
        const string effect = "The page has no block that holds its bytes; each write-back compresses anew, elsewhere.";
        const string off = "btrfs property set FILE compression none, or chattr -c, then btrfs filesystem defragment FILE; mount without compress; chattr +C on a new file.";
        string? option = Array.Find(Options, o => facts.Filesystem.Option(o) is not null);
        return facts.Extents is { Compressed: > 0 } extents ? new(source, Exposure.Now, $"{extents.Compressed} bytes lie compressed", effect, off)
            : facts.File.Has(FileFlags.Compressed) ? new(source, Exposure.Now, "chattr +c: what is written is compressed", effect, off)
            : option is not null && !facts.File.Has(FileFlags.NoCopyOnWrite)
                ? new(source, Exposure.Possible, $"mount option {option}={facts.Filesystem.Option(option)}; none of this file yet", effect, off)
            : facts.Filesystem.HasBlocksElsewhere && facts.Extents is not { Mapped: true }
                ? new(source, Exposure.Unknown, $"not known for {facts.Filesystem.Type} from here", effect, "Look at the filesystem that holds the blocks.")
                : new(source, Exposure.No, "none");
    }
}
