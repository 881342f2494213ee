using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>overlayfs: another file behind the name.</summary>
internal static class Overlay
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "overlayfs";
        const string effect = "The first open for writing copies the file: who mapped it before keeps the old one, and its pins with it.";
        return facts.Filesystem.Type != "overlay" ? new(source, Exposure.No, "not on it")
            : facts.File.IsDirectory ? new(source, Exposure.Possible, "files of lower layers are copied when they are opened for writing", effect, "Use a filesystem or a bind mount of its own: in containers a volume.")
            : facts.File.Layer switch
            {
                OverlayLayer.Upper => new(source, Exposure.No, "the file is in the upper layer already"),
                OverlayLayer.Lower => new(source, Exposure.Now, "the file is in a lower layer", effect, "touch FILE before anybody maps it, or use a bind mount: in containers a volume."),
                _ => new(source, Exposure.Unknown, "the layers cannot be seen from here", effect, "Audit it outside the container, or use a bind mount: in containers a volume."),
            };
    }
}
