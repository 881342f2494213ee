namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>An answer to a long-term pin.</summary>
internal enum PinOutcome
{
    /// <summary>It was granted, and given back.</summary>
    Granted,

    /// <summary>It was refused.</summary>
    Refused,

    /// <summary>It was not asked, or what came back says nothing about the file.</summary>
    NotEstablished,
}
