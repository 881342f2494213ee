using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>DAX: no kernel grants a long-term pin of a filesystem's persistent memory.</summary>
internal static class Dax
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "filesystem DAX";
        string option = facts.Filesystem.Option("dax") is { } value ? $"mount option dax{(value.Length > 0 ? "=" + value : "")}" : "no dax mount option";
        string wanted = facts.File.Has(FileFlags.DaxWanted) ? ", FS_XFLAG_DAX set" : "";
        return facts.File.Dax
            ? new(
                source, Exposure.Now, $"on ({option}{wanted})",
                "A registration for RDMA fails with EOPNOTSUPP, for reading too: the filesystem could not move or cut the blocks any more.",
                "Use a device with on-demand paging, or device DAX (/dev/dax); or mount with -o dax=never: the page cache is then pinned, where the kernel lets it.")
            : new(source, Exposure.No, $"off ({option}{wanted}{(wanted.Length > 0 ? ", not in effect" : "")}); what is written is durable after fsync");
    }
}
