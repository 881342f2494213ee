namespace DaxEmu.Daemon.Doctor;

/// <summary>One line of <c>daxemu doctor</c>.</summary>
/// <param name="Name">What was looked for.</param>
/// <param name="Status">Whether it is there.</param>
/// <param name="Finding">What was seen.</param>
/// <param name="Cost">What its absence costs; empty when it is there.</param>
/// <param name="Remedy">How to get it; empty when it is there.</param>
internal sealed record ProbeResult(string Name, ProbeStatus Status, string Finding, string Cost = "", string Remedy = "")
{
    /// <summary>It is there.</summary>
    public static ProbeResult Ok(string name, string finding) => new(name, ProbeStatus.Ok, finding);

    /// <summary>It is not, and the rest works without.</summary>
    public static ProbeResult Degraded(string name, string finding, string cost, string remedy) =>
        new(name, ProbeStatus.Degraded, finding, cost, remedy);

    /// <summary>It is not, and is needed.</summary>
    public static ProbeResult Missing(string name, string finding, string cost, string remedy) =>
        new(name, ProbeStatus.Missing, finding, cost, remedy);
}
