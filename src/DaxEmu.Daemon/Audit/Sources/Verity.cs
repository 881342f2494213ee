using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>fs-verity.</summary>
internal static class Verity
{
    internal static Finding? Judge(AuditFacts facts) => facts.File.IsDirectory ? null
        : facts.File.Has(FileFlags.Verity)
            ? new(
                "verity", Exposure.Now, "fs-verity is on", "The file can never be opened for writing again: no region for writing, and no DAX.",
                "Make a copy: the flag stays with this file.")
            : new("verity", Exposure.No, "off");
}
