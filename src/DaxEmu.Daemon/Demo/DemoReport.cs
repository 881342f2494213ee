namespace DaxEmu.Daemon.Demo;

/// <summary>The answer of <c>daxemu demo --json</c>.</summary>
/// <param name="Observed">True when every step was.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Steps">The steps that were begun.</param>
internal sealed record DemoReport(bool Observed, double Seconds, IReadOnlyList<DemoStepReport> Steps);
