namespace DaxEmu.Daemon.Audit;

/// <summary>Whether a source of broken leases or refused pins can strike this file.</summary>
internal enum Exposure
{
    /// <summary>It cannot.</summary>
    No,

    /// <summary>It can, when somebody does it; nothing shows that anybody does.</summary>
    Possible,

    /// <summary>It does now: the file's state shows it.</summary>
    Now,

    /// <summary>It could not be found out.</summary>
    Unknown,
}
