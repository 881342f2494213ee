using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>fscrypt: what lies on the disk is not what a program maps.</summary>
internal static class Encryption
{
    internal static Finding? Judge(AuditFacts facts) => facts.File.Has(FileFlags.Encrypted) || facts.Extents is { Encrypted: > 0 }
        ? new(
            "encryption", Exposure.Now, "the filesystem encrypts it", "DAX and MAP_SYNC are refused: only the page cache has the plain bytes.",
            "Keep the file in a directory without an encryption policy; encrypt the device instead.")
        : new("encryption", Exposure.No, "none by the filesystem");
}
