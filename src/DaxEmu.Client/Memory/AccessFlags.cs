using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ibv_access_flags;

namespace DaxEmu.Client;

/// <summary>What may be done with a memory region, or through a queue pair: <c>enum ibv_access_flags</c>.</summary>
[Flags]
public enum AccessFlags
{
    /// <summary>Only local reads, which are always allowed.</summary>
    None = 0,

    /// <summary>Local work requests may write into it: receives and the results of reads (<c>IBV_ACCESS_LOCAL_WRITE</c>).</summary>
    LocalWrite = (int)IBV_ACCESS_LOCAL_WRITE,

    /// <summary>Peers may write into it; needs <see cref="LocalWrite"/> (<c>IBV_ACCESS_REMOTE_WRITE</c>).</summary>
    RemoteWrite = (int)IBV_ACCESS_REMOTE_WRITE,

    /// <summary>Peers may read from it (<c>IBV_ACCESS_REMOTE_READ</c>).</summary>
    RemoteRead = (int)IBV_ACCESS_REMOTE_READ,

    /// <summary>Peers may do atomics on it; needs <see cref="LocalWrite"/> (<c>IBV_ACCESS_REMOTE_ATOMIC</c>).</summary>
    RemoteAtomic = (int)IBV_ACCESS_REMOTE_ATOMIC,

    /// <summary>Memory windows may be bound to it (<c>IBV_ACCESS_MW_BIND</c>).</summary>
    WindowBind = (int)IBV_ACCESS_MW_BIND,

    /// <summary>Peers address it from 0 on; only of a memory window of type 2 (<c>IBV_ACCESS_ZERO_BASED</c>).</summary>
    ZeroBased = (int)IBV_ACCESS_ZERO_BASED,

    /// <summary>
    /// Nothing is pinned: work requests reach what the memory is when they come, and fail past the end of its file
    /// (<c>IBV_ACCESS_ON_DEMAND</c>).
    /// </summary>
    OnDemand = (int)IBV_ACCESS_ON_DEMAND,

    /// <summary>Peers may make writes visible to all (<c>IBV_ACCESS_FLUSH_GLOBAL</c>).</summary>
    FlushGlobal = (int)IB_UVERBS_ACCESS_FLUSH_GLOBAL,

    /// <summary>Peers may make writes durable; only of files that are not in memory (<c>IBV_ACCESS_FLUSH_PERSISTENT</c>).</summary>
    FlushPersistent = (int)IB_UVERBS_ACCESS_FLUSH_PERSISTENT,

    /// <summary>Local writes, and what peers may do with memory.</summary>
    All = LocalWrite | RemoteWrite | RemoteRead | RemoteAtomic,
}
