using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>A file that the kernel swaps to.</summary>
internal static class SwapFile
{
    internal static Finding? Judge(AuditFacts facts) => facts.File.IsDirectory ? null
        : facts.File.SwapFile
            ? new(
                "swap file", Exposure.Now, "listed in /proc/swaps",
                "The kernel writes its blocks behind the page cache: what a device writes into the pages corrupts swapped memory, or is lost.", "swapoff FILE.")
            : new("swap file", Exposure.No, "not listed in /proc/swaps");
}
