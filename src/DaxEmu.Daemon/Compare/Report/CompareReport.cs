namespace DaxEmu.Daemon.Compare;

/// <summary>The whole experiment.</summary>
/// <param name="AsPredicted">True when every policy behaved as it says.</param>
/// <param name="Seed">What all operations follow from.</param>
/// <param name="Plan">SHA-256 of the first operations of each actor: two runs with the same one did the same things.</param>
/// <param name="Seconds">How long the experiment took.</param>
/// <param name="DataPath">How reads and writes of the mount reached the files.</param>
/// <param name="Policies">One entry a policy.</param>
internal sealed record CompareReport(
    bool AsPredicted, ulong Seed, string Plan, double Seconds, string DataPath, IReadOnlyList<PolicyReport> Policies);
