namespace DaxEmu.Daemon.Compare;

/// <summary>What a process of the experiment does.</summary>
internal enum ActorRole
{
    /// <summary>Maps a file and registers it, for others to write into.</summary>
    Hold,

    /// <summary>Writes into it by RDMA.</summary>
    Write,

    /// <summary>Truncates, punches and writes it, as a program that knows nothing of RDMA.</summary>
    Mutate,
}
