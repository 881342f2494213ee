using DaxEmu.Abi;

namespace DaxEmu.Device;

/// <summary>
/// A communication identifier (struct rdma_cm_id and its struct ucma_context). Used under the connection manager's lock.
/// </summary>
internal sealed class CmId
{
    /// <summary>Its number; unique among all ids.</summary>
    public required uint Number { get; init; }

    /// <summary>RDMA_PS_*.</summary>
    public required ushort PortSpace { get; init; }

    /// <summary>IBV_QPT_* of its queue pair.</summary>
    public required uint QpType { get; init; }

    /// <summary>Where its events go.</summary>
    public required CmEventQueue Queue { get; set; }

    /// <summary>The client's name of it; 0 until an incoming connection is accepted, and then events of it are dropped.</summary>
    public required ulong Uid { get; set; }

    /// <summary>
    /// True of an incoming connection whose event waits to be taken: till then it is its listener's, and no command finds it (ucma_get_event
    /// calls ucma_finish_ctx).
    /// </summary>
    public bool IsUntold { get; set; }

    /// <summary>Events that the client has taken.</summary>
    public uint EventsReported { get; set; }

    /// <summary>How far it has come.</summary>
    public CmState State { get; set; }

    /// <summary>Where its exchange with the peer stands.</summary>
    public CmExchange Exchange { get; set; }

    /// <summary>Its own address.</summary>
    public CmAddress Source { get; set; }

    /// <summary>The peer's address.</summary>
    public CmAddress Destination { get; set; }

    /// <summary>Where it is bound; null while it has no device.</summary>
    public CmPort? Port { get; set; }

    /// <summary>Where the peer is; null while it has no destination.</summary>
    public CmPort? RemotePort { get; set; }

    /// <summary>True once there is a path.</summary>
    public bool HasPath { get; set; }

    /// <summary>The port that it holds; null for none, as an accepted id has.</summary>
    public CmBinding? Binding { get; set; }

    /// <summary>RDMA_OPTION_ID_REUSEADDR.</summary>
    public bool ReusesAddress { get; set; }

    /// <summary>RDMA_OPTION_ID_AFONLY; null until set, or bound.</summary>
    public bool? FamilyOnly { get; set; }

    /// <summary>RDMA_OPTION_ID_TOS.</summary>
    public byte TypeOfService { get; set; }

    /// <summary>RDMA_OPTION_ID_ACK_TIMEOUT.</summary>
    public byte? AckTimeout { get; set; }

    /// <summary>Requests that a listener still has room for.</summary>
    public int Room { get; set; }

    /// <summary>Those that found no room at a listener; they are tried again.</summary>
    public LinkedList<CmId> Waiting { get; } = new();

    /// <summary>The listener at which this one waits.</summary>
    public CmId? WaitsAt { get; set; }

    /// <summary>The other end of the exchange; null when there is none, or it is gone.</summary>
    public CmId? Peer { get; set; }

    /// <summary>What it asked for a connection with.</summary>
    public rdma_ucm_conn_param Request { get; set; }

    /// <summary>Enhanced connection establishment, of the request.</summary>
    public rdma_ucm_ece RequestEce { get; set; }

    /// <summary>Its own queue pair.</summary>
    public uint QpNumber { get; set; }

    /// <summary>The peer's queue pair.</summary>
    public uint RemoteQpNumber { get; set; }

    /// <summary>The packet sequence number that the peer starts with; 24 bits.</summary>
    public required uint SequenceNumber { get; init; }

    /// <summary>The one to start with.</summary>
    public uint RemoteSequenceNumber { get; set; }

    /// <summary>max_dest_rd_atomic.</summary>
    public byte ResponderResources { get; set; }

    /// <summary>max_rd_atomic.</summary>
    public byte InitiatorDepth { get; set; }

    /// <summary>retry_cnt.</summary>
    public byte RetryCount { get; set; }

    /// <summary>rnr_retry.</summary>
    public byte RnrRetryCount { get; set; }

    /// <summary>The queue key of datagrams; 0 until it is known.</summary>
    public uint Qkey { get; set; }

    /// <summary>The groups that it has joined.</summary>
    public List<CmMulticast> Groups { get; } = [];

    /// <summary>Waits for what its peer owes, or for the end of the time wait.</summary>
    public ITimer? Timer { get; set; }

    /// <summary>True for datagrams.</summary>
    public bool IsDatagram => QpType == ibv_qp_type.IBV_QPT_UD;
}
