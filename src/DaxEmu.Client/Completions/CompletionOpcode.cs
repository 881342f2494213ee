using static DaxEmu.Abi.ib_uverbs_wc_opcode;
using static DaxEmu.Abi.ibv_wc_opcode;

namespace DaxEmu.Client;

/// <summary>What completed: <c>enum ibv_wc_opcode</c>. Meaningful only in a successful completion.</summary>
public enum CompletionOpcode
{
    /// <summary>A send (<c>IBV_WC_SEND</c>).</summary>
    Send = (int)IBV_WC_SEND,

    /// <summary>An RDMA write (<c>IBV_WC_RDMA_WRITE</c>).</summary>
    Write = (int)IBV_WC_RDMA_WRITE,

    /// <summary>An RDMA read (<c>IBV_WC_RDMA_READ</c>).</summary>
    Read = (int)IBV_WC_RDMA_READ,

    /// <summary>A compare and swap (<c>IBV_WC_COMP_SWAP</c>).</summary>
    CompareSwap = (int)IBV_WC_COMP_SWAP,

    /// <summary>A fetch and add (<c>IBV_WC_FETCH_ADD</c>).</summary>
    FetchAdd = (int)IBV_WC_FETCH_ADD,

    /// <summary>An atomic write (<c>IBV_WC_ATOMIC_WRITE</c>).</summary>
    AtomicWrite = (int)IBV_WC_ATOMIC_WRITE,

    /// <summary>A flush (<c>IBV_WC_FLUSH</c>).</summary>
    Flush = (int)IB_UVERBS_WC_FLUSH,

    /// <summary>A memory window was bound (<c>IBV_WC_BIND_MW</c>).</summary>
    BindWindow = (int)IBV_WC_BIND_MW,

    /// <summary>An rkey was ended (<c>IBV_WC_LOCAL_INV</c>).</summary>
    LocalInvalidate = (int)IBV_WC_LOCAL_INV,

    /// <summary>A receive, filled by a send (<c>IBV_WC_RECV</c>).</summary>
    Receive = (int)IBV_WC_RECV,

    /// <summary>A receive, taken by an RDMA write with immediate (<c>IBV_WC_RECV_RDMA_WITH_IMM</c>).</summary>
    ReceiveWriteWithImmediate = (int)IBV_WC_RECV_RDMA_WITH_IMM,
}
