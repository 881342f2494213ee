namespace DaxEmu.Daemon.Compare;

/// <summary>What becomes of a registered range when a file operation has been answered.</summary>
internal enum RegionFate
{
    /// <summary>RDMA writes reach the file as before.</summary>
    Untouched,

    /// <summary>RDMA writes fail with a remote access error and change nothing.</summary>
    Revoked,

    /// <summary>The process that registered it has got SIGKILL; RDMA writes fail and change nothing.</summary>
    HolderKilled,

    /// <summary>RDMA writes reach what the file has there now; past its end they fail.</summary>
    FollowsFile,

    /// <summary>RDMA writes succeed and reach pages that are no longer the file's.</summary>
    KeepsOldPages,
}
