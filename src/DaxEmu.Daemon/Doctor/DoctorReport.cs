namespace DaxEmu.Daemon.Doctor;

/// <summary>The whole answer of <c>daxemu doctor</c>.</summary>
/// <param name="Healthy">True when nothing needed is missing.</param>
/// <param name="Probes">Each probe, in the order made.</param>
internal sealed record DoctorReport(bool Healthy, IReadOnlyList<ProbeResult> Probes);
