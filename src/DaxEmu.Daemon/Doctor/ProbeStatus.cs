namespace DaxEmu.Daemon.Doctor;

/// <summary>What a probe found.</summary>
internal enum ProbeStatus
{
    /// <summary>There, and it works.</summary>
    Ok,

    /// <summary>Not there or not in full: something is slower, weaker or not offered.</summary>
    Degraded,

    /// <summary>Needed and not there.</summary>
    Missing,
}
