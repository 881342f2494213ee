namespace DaxEmu.Daemon.Audit;

/// <summary>The answer in one word.</summary>
internal enum AuditVerdict
{
    /// <summary>A pin is granted, and nothing threatens it now.</summary>
    Clear,

    /// <summary>A pin is granted, and something threatens it.</summary>
    Threatened,

    /// <summary>A pin is refused.</summary>
    Refused,

    /// <summary>The kernel's answer could not be had.</summary>
    NotEstablished,
}
