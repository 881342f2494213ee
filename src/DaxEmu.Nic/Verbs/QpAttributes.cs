namespace DaxEmu.Nic;

/// <summary>Attributes of a queue pair (struct ibv_qp_attr). Which of them count in a modification is told by its mask.</summary>
public partial record struct QpAttributes
{
    /// <summary>qp_state: IBV_QPS_*.</summary>
    public uint State { get; set; }

    /// <summary>cur_qp_state: the state the caller believes in.</summary>
    public uint CurrentState { get; set; }

    /// <summary>path_mtu: IBV_MTU_*.</summary>
    public uint PathMtu { get; set; }

    /// <summary>path_mig_state: IBV_MIG_*.</summary>
    public uint PathMigrationState { get; set; }

    /// <summary>qkey.</summary>
    public uint Qkey { get; set; }

    /// <summary>rq_psn, 24 bits.</summary>
    public uint ReceivePsn { get; set; }

    /// <summary>sq_psn, 24 bits.</summary>
    public uint SendPsn { get; set; }

    /// <summary>dest_qp_num, 24 bits.</summary>
    public uint DestinationQpNumber { get; set; }

    /// <summary>qp_access_flags: what the peer may do, IBV_ACCESS_REMOTE_*.</summary>
    public uint AccessFlags { get; set; }

    /// <summary>ah_attr.</summary>
    public AddressVector Path { get; set; }

    /// <summary>alt_ah_attr; kept and reported, never used.</summary>
    public AddressVector AlternatePath { get; set; }

    /// <summary>pkey_index.</summary>
    public ushort PkeyIndex { get; set; }

    /// <summary>alt_pkey_index.</summary>
    public ushort AlternatePkeyIndex { get; set; }

    /// <summary>en_sqd_async_notify: raise IBV_EVENT_SQ_DRAINED.</summary>
    public bool NotifySendQueueDrained { get; set; }

    /// <summary>sq_draining; only reported.</summary>
    public bool SendQueueDraining { get; set; }

    /// <summary>max_rd_atomic: outstanding RDMA READ and atomic operations as requester.</summary>
    public byte MaxReadAtomic { get; set; }

    /// <summary>max_dest_rd_atomic: the same as responder.</summary>
    public byte MaxDestinationReadAtomic { get; set; }

    /// <summary>min_rnr_timer, 0 to 31: how long a peer must wait after receiver-not-ready; see <see cref="RnrTimer"/>.</summary>
    public byte MinRnrTimer { get; set; }

    /// <summary>port_num, from 1.</summary>
    public byte PortNumber { get; set; }

    /// <summary>timeout, 0 to 31: 4.096 us * 2^timeout for an answer; 0 waits for ever.</summary>
    public byte Timeout { get; set; }

    /// <summary>retry_cnt, 0 to 7.</summary>
    public byte RetryCount { get; set; }

    /// <summary>rnr_retry, 0 to 7; 7 tries for ever.</summary>
    public byte RnrRetry { get; set; }

    /// <summary>alt_port_num.</summary>
    public byte AlternatePortNumber { get; set; }

    /// <summary>alt_timeout.</summary>
    public byte AlternateTimeout { get; set; }
}
