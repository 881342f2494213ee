using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Bytes that have no block yet, or one that was never written.</summary>
internal static class Holes
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "holes and unwritten extents";
        if (facts.File.IsDirectory)
        {
            return null;
        }

        if (facts.Extents is not { } extents)
        {
            return new(source, Exposure.Unknown, "the file's extents could not be read", "A hole is allocated when it is pinned, or the pin fails.", "Run as its owner, or as root.");
        }

        string[] parts =
        [
            .. extents.Holes > 0 ? [$"{extents.Holes} bytes of holes"] : Array.Empty<string>(),
            .. extents.Unwritten > 0 ? [$"{extents.Unwritten} bytes unwritten"] : Array.Empty<string>(),
            .. extents.Delayed > 0 ? [$"{extents.Delayed} bytes not yet allocated"] : Array.Empty<string>(),
            .. extents.Complete ? Array.Empty<string>() : [$"the first {extents.Count} extents only"],
        ];
        return extents.Holes + extents.Unwritten > 0
            ? new(
                source, Exposure.Now, string.Join(", ", parts),
                "Pinning allocates each page of a hole: it may fail for want of space, and on some filesystems the device's writes never reach a block.",
                "Write the file in full before it is registered: dd if=/dev/zero of=FILE bs=1M count=N conv=notrunc,fsync on a new one; fallocate alone leaves it unwritten.")
            : extents.Delayed > 0
                ? new(source, Exposure.Possible, string.Join(", ", parts), "Write-back may still fail for want of space.", "sync FILE.")
                : new(source, extents.Complete ? Exposure.No : Exposure.Unknown, parts.Length > 0 ? string.Join(", ", parts) : "every byte has a block");
    }
}
