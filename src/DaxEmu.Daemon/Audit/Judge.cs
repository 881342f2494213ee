using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Daemon.Audit.Sources;

namespace DaxEmu.Daemon.Audit;

/// <summary>Judges facts; looks at nothing itself.</summary>
internal static class Judge
{
    // In the order shown. A source that says nothing of directories gives none for them.
    private static readonly Func<AuditFacts, Finding?>[] Sources =
    [
        Dax.Judge,
        MemoryLock.Judge,
        ProtectedFile.Judge,
        Verity.Judge,
        Encryption.Judge,
        SwapFile.Judge,
        Truncation.Judge,
        Writers.Judge,
        Leases.Judge,
        Holes.Judge,
        SharedExtents.Judge,
        Reflink.Judge,
        Snapshots.Judge,
        CopyOnWrite.Judge,
        Compression.Judge,
        InlineData.Judge,
        Defragmentation.Judge,
        Overlay.Judge,
        Served.Judge,
    ];

    /// <summary>The report for what was seen.</summary>
    public static AuditReport Of(AuditFacts facts)
    {
        Finding[] findings = [.. Sources.Select(s => s(facts)).OfType<Finding>()];
        AuditVerdict verdict = VerdictOf(facts.Pins, findings);
        return new(verdict, [.. Summary(facts, findings, verdict)], facts, findings);
    }

    private static AuditVerdict VerdictOf(PinFacts pins, Finding[] findings) => pins.Of(PinMapping.Writable).Outcome switch
    {
        PinOutcome.Refused => AuditVerdict.Refused,
        PinOutcome.NotEstablished => AuditVerdict.NotEstablished,
        _ => findings.Any(f => f.Here == Exposure.Now) ? AuditVerdict.Threatened : AuditVerdict.Clear,
    };

    private static IEnumerable<string> Summary(AuditFacts facts, Finding[] findings, AuditVerdict verdict)
    {
        PinAnswer answer = facts.Pins.Of(PinMapping.Writable);
        yield return verdict switch
        {
            AuditVerdict.Refused => $"This kernel refuses a long-term pin for writing: {answer.Error}.",
            AuditVerdict.NotEstablished => "Whether this kernel grants a long-term pin for writing was not established.",
            AuditVerdict.Threatened => "This kernel grants a long-term pin for writing, and something threatens it.",
            _ => "This kernel grants a long-term pin for writing, and nothing seen threatens it now.",
        };
        string[] now = [.. findings.Where(f => f.Here == Exposure.Now).Select(f => f.Source)];
        if (now.Length > 0)
        {
            yield return $"In the way now: {string.Join(", ", now)}.";
        }

        string[] unknown = [.. findings.Where(f => f.Here == Exposure.Unknown).Select(f => f.Source)];
        if (unknown.Length > 0)
        {
            yield return $"Not known: {string.Join(", ", unknown)}.";
        }

        if (facts.Openers is { Unreadable: > 0 } openers)
        {
            string processes = openers.Unreadable == 1 ? "1 process" : $"{openers.Unreadable} processes";
            yield return $"{processes} could not be looked into: run as root to see who has the file open.";
        }

        if (facts.File.IsDirectory)
        {
            yield return "A directory tells of its filesystem only: name a file for the kernel's answer.";
        }
    }
}
