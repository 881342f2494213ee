using static DaxEmu.Abi.ibv_qp_state;

namespace DaxEmu.Client;

/// <summary>State of a queue pair (IBTA 10.3.1): <c>enum ibv_qp_state</c>.</summary>
public enum QueuePairState
{
    /// <summary>New, or reset; nothing may be posted (<c>IBV_QPS_RESET</c>).</summary>
    Reset = (int)IBV_QPS_RESET,

    /// <summary>Initialised; receives may be posted (<c>IBV_QPS_INIT</c>).</summary>
    Init = (int)IBV_QPS_INIT,

    /// <summary>Ready to receive: connected to its peer, answers it (<c>IBV_QPS_RTR</c>).</summary>
    ReadyToReceive = (int)IBV_QPS_RTR,

    /// <summary>Ready to send (<c>IBV_QPS_RTS</c>).</summary>
    ReadyToSend = (int)IBV_QPS_RTS,

    /// <summary>Finishes what it began and begins nothing new (<c>IBV_QPS_SQD</c>).</summary>
    SendQueueDrained = (int)IBV_QPS_SQD,

    /// <summary>The send queue failed, the receive queue works (<c>IBV_QPS_SQE</c>); not for reliable connections.</summary>
    SendQueueError = (int)IBV_QPS_SQE,

    /// <summary>Failed; all work requests are flushed with <see cref="CompletionStatus.FlushError"/> (<c>IBV_QPS_ERR</c>).</summary>
    Error = (int)IBV_QPS_ERR,
}
