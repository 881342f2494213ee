namespace DaxEmu.Daemon.Configuration;

/// <summary>Whether a port carries traffic.</summary>
internal enum PortState
{
    /// <summary>It does.</summary>
    Active,

    /// <summary>It is down: it has no GIDs, and nothing reaches it.</summary>
    Down,
}
