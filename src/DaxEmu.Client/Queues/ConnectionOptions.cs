namespace DaxEmu.Client;

/// <summary>How a queue pair talks to its peer: the attributes of <c>struct ibv_qp_attr</c> that have a sensible default.</summary>
public sealed record ConnectionOptions
{
    /// <summary>What the peer may do through this queue pair, regions permitting (<c>qp_access_flags</c>).</summary>
    public AccessFlags Access { get; init; } = AccessFlags.All;

    /// <summary>Largest packet payload; null: what the port uses (<c>path_mtu</c>).</summary>
    public Mtu? PathMtu { get; init; }

    /// <summary>RDMA reads and atomics that the peer may have outstanding here (<c>max_dest_rd_atomic</c>); null: 16, or what the device can.</summary>
    public int? MaxReadAtomicAsTarget { get; init; }

    /// <summary>RDMA reads and atomics that may be outstanding from here (<c>max_rd_atomic</c>); null: 16, or what the device can.</summary>
    public int? MaxReadAtomicAsInitiator { get; init; }

    /// <summary>How long the peer is told to wait when no receive is posted here, IBTA code: 12 is 0.64 ms (<c>min_rnr_timer</c>).</summary>
    public int MinReceiverNotReadyTimer { get; init; } = 12;

    /// <summary>How long to wait for an acknowledgement: 4.096 us * 2^n; 0 waits for ever (<c>timeout</c>).</summary>
    public int AcknowledgeTimeout { get; init; } = 14;

    /// <summary>How often to send again before the peer counts as lost, 0 to 7 (<c>retry_cnt</c>).</summary>
    public int RetryCount { get; init; } = 7;

    /// <summary>How often to try again when the peer has no receive posted, 0 to 6; 7 tries for ever (<c>rnr_retry</c>).</summary>
    public int ReceiverNotReadyRetryCount { get; init; } = 7;
}
