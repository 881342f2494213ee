namespace DaxEmu.Client;

/// <summary>Size and behaviour of a queue pair: <c>struct ibv_qp_init_attr</c> with <c>struct ibv_qp_cap</c>.</summary>
public sealed record QueuePairOptions
{
    /// <summary>Work requests that the send queue must hold at once (<c>max_send_wr</c>).</summary>
    public int MaxSendRequests { get; init; } = 128;

    /// <summary>Work requests that the receive queue must hold at once (<c>max_recv_wr</c>).</summary>
    public int MaxReceiveRequests { get; init; } = 128;

    /// <summary>Scatter/gather elements of one send request (<c>max_send_sge</c>).</summary>
    public int MaxSendScatterGather { get; init; } = 4;

    /// <summary>Scatter/gather elements of one receive request (<c>max_recv_sge</c>).</summary>
    public int MaxReceiveScatterGather { get; init; } = 4;

    /// <summary>Bytes of data that may be put into a send request itself (<c>max_inline_data</c>).</summary>
    public int MaxInlineData { get; init; } = 64;

    /// <summary>Whether each send request leaves a completion, even without <see cref="SendFlags.Signaled"/> (<c>sq_sig_all</c>).</summary>
    public bool SignalAll { get; init; }

    /// <summary>
    /// Entry of the port's GID table to send from, and to give to peers as address (<c>sgid_index</c>); null: one of RoCE version 2,
    /// if possible an IPv4 one.
    /// </summary>
    public int? GidIndex { get; init; }
}
