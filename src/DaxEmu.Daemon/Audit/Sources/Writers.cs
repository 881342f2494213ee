using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>Processes that have the file open or mapped for writing now.</summary>
internal static class Writers
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "open writers";
        if (facts.Openers is not { } openers)
        {
            return null;
        }

        string[] writers = [.. openers.Openers.Where(o => o.Writes).Select(Describe)];
        string readers = openers.Openers.Count(o => !o.Writes) is > 0 and int count ? $", {count} for reading" : "";
        return writers.Length > 0
            ? new(
                source, Exposure.Now, string.Join(", ", writers) + readers,
                "Each may truncate or punch the file through its descriptor, whatever its permissions say by then.",
                "End them or let them close the file before it is registered; one of them may be the RDMA program itself.")
            : openers.Unreadable > 0
                ? new(
                    source, Exposure.Unknown, $"none among the processes that could be read, {openers.Unreadable} could not{readers}",
                    "A writer may truncate or punch the file through its descriptor.", "Run as root to see all processes.")
                : new(source, Exposure.No, $"none{readers}");
    }

    private static string Describe(Opener opener) => $"process {opener.ProcessId} ({opener.Command}){(opener.Open ? "" : ", by a mapping")}";
}
