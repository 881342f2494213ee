using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>truncate, O_TRUNC and fallocate: the operations that take blocks from under a pin.</summary>
internal static class Truncation
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "truncate and punch-hole";
        if (facts.File.IsDirectory)
        {
            return null;
        }

        string guarded = facts.File.Has(FileFlags.Immutable) ? "immutable"
            : facts.File.Has(FileFlags.AppendOnly) ? "append-only"
            : facts.File.Has(FileFlags.Verity) ? "verity"
            : facts.File.SwapFile ? "a swap file"
            : facts.Filesystem.Options.Contains("ro") ? "on a read-only mount"
            : "";
        return guarded.Length > 0
            ? new(source, Exposure.No, $"the file is {guarded}")
            : new(
                source, Exposure.Possible, $"root may, user {facts.File.Owner}, and whom mode {ModeOf(facts.File)} lets write",
                "The blocks leave the file while the device goes on writing into the old pages; on DAX a lease would be broken.",
                "Take write permission from all but the RDMA program's user; or let daxemu serve guard the directory, which asks the file's policy.");
    }

    private static string ModeOf(FileFacts file) => Convert.ToString(file.Permissions, 8).PadLeft(4, '0');
}
