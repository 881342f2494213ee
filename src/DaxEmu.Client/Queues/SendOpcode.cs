using static DaxEmu.Abi.ib_uverbs_wr_opcode;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Client;

/// <summary>What a send request does: <c>enum ibv_wr_opcode</c>.</summary>
public enum SendOpcode
{
    /// <summary>Writes into the peer's memory (<c>IBV_WR_RDMA_WRITE</c>).</summary>
    Write = (int)IBV_WR_RDMA_WRITE,

    /// <summary>The same, and completes a receive there with 4 bytes (<c>IBV_WR_RDMA_WRITE_WITH_IMM</c>).</summary>
    WriteWithImmediate = (int)IBV_WR_RDMA_WRITE_WITH_IMM,

    /// <summary>Fills a receive of the peer (<c>IBV_WR_SEND</c>).</summary>
    Send = (int)IBV_WR_SEND,

    /// <summary>The same, with 4 bytes for its completion (<c>IBV_WR_SEND_WITH_IMM</c>).</summary>
    SendWithImmediate = (int)IBV_WR_SEND_WITH_IMM,

    /// <summary>Reads from the peer's memory (<c>IBV_WR_RDMA_READ</c>).</summary>
    Read = (int)IBV_WR_RDMA_READ,

    /// <summary>Replaces 8 bytes there if they have a value (<c>IBV_WR_ATOMIC_CMP_AND_SWP</c>).</summary>
    CompareSwap = (int)IBV_WR_ATOMIC_CMP_AND_SWP,

    /// <summary>Adds to 8 bytes there (<c>IBV_WR_ATOMIC_FETCH_AND_ADD</c>).</summary>
    FetchAdd = (int)IBV_WR_ATOMIC_FETCH_AND_ADD,

    /// <summary>Replaces 8 bytes there in one step (<c>IBV_WR_ATOMIC_WRITE</c>).</summary>
    AtomicWrite = (int)IBV_WR_ATOMIC_WRITE,

    /// <summary>Makes what was written there visible or durable (<c>IBV_WR_FLUSH</c>): see <see cref="QueuePair.PostFlush"/>.</summary>
    Flush = (int)IB_UVERBS_WR_FLUSH,

    /// <summary>Ends the rkey of a memory window of type 2 that is bound on this queue pair (<c>IBV_WR_LOCAL_INV</c>).</summary>
    LocalInvalidate = (int)IBV_WR_LOCAL_INV,

    /// <summary>Binds a memory window to a part of a region (<c>IBV_WR_BIND_MW</c>): see <see cref="QueuePair.PostBind"/>.</summary>
    BindWindow = (int)IBV_WR_BIND_MW,

    /// <summary>
    /// Fills a receive of the peer and ends the rkey of a memory window that is bound on its queue pair (<c>IBV_WR_SEND_WITH_INV</c>).
    /// </summary>
    SendWithInvalidate = (int)IBV_WR_SEND_WITH_INV,
}
