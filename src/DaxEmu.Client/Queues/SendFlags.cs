using static DaxEmu.Abi.ibv_send_flags;

namespace DaxEmu.Client;

/// <summary>How a send request is carried out: <c>enum ibv_send_flags</c>. Inline data has overloads of its own.</summary>
[Flags]
public enum SendFlags
{
    /// <summary>No completion unless it fails.</summary>
    None = 0,

    /// <summary>Waits for earlier RDMA reads and atomics of the queue pair (<c>IBV_SEND_FENCE</c>).</summary>
    Fence = (int)IBV_SEND_FENCE,

    /// <summary>Leaves a completion (<c>IBV_SEND_SIGNALED</c>).</summary>
    Signaled = (int)IBV_SEND_SIGNALED,

    /// <summary>The peer's completion counts as solicited (<c>IBV_SEND_SOLICITED</c>).</summary>
    Solicited = (int)IBV_SEND_SOLICITED,
}
