using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit;

/// <summary>The whole answer of <c>daxemu audit</c>.</summary>
/// <param name="Verdict">In one word.</param>
/// <param name="Summary">In sentences.</param>
/// <param name="Facts">What was seen.</param>
/// <param name="Findings">Each source of broken leases or refused pins.</param>
internal sealed record AuditReport(AuditVerdict Verdict, IReadOnlyList<string> Summary, AuditFacts Facts, IReadOnlyList<Finding> Findings);
