using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.ibv_qp_attr_mask;

namespace DaxEmu.Client;

/// <content>The state machine (IBTA 10.3.1): <c>ibv_modify_qp</c> and <c>ibv_query_qp</c>.</content>
public sealed partial class QueuePair
{
    private const int DefaultReadAtomic = 16;
    private const byte HopLimit = 64;

    /// <summary>Connects it: takes it from <see cref="QueuePairState.Reset"/> to <see cref="QueuePairState.ReadyToSend"/>.</summary>
    /// <param name="remote">What the peer's queue pair has as <see cref="Address"/>.</param>
    /// <param name="options">How to talk to it; null: the defaults.</param>
    /// <exception cref="RdmaException">A step was refused.</exception>
    public void Connect(QueuePairAddress remote, ConnectionOptions? options = null)
    {
        options ??= new ConnectionOptions();
        ToInit(options.Access);
        ToReadyToReceive(remote, options);
        ToReadyToSend(options);
    }

    /// <summary>Takes it from <see cref="QueuePairState.Reset"/> to <see cref="QueuePairState.Init"/>: receives may be posted.</summary>
    /// <param name="access">What the peer may do through it, regions permitting.</param>
    /// <exception cref="RdmaException">The step was refused.</exception>
    public void ToInit(AccessFlags access = AccessFlags.All)
    {
        ib_uverbs_modify_qp command = new() { port_num = RdmaDevice.Port, qp_access_flags = (uint)access };
        Modify(QueuePairState.Init, ref command, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
    }

    /// <summary>
    /// Takes it from <see cref="QueuePairState.Init"/> to <see cref="QueuePairState.ReadyToReceive"/>: the peer's requests are
    /// answered.
    /// </summary>
    /// <param name="remote">What the peer's queue pair has as <see cref="Address"/>.</param>
    /// <param name="options">How to talk to it; null: the defaults.</param>
    /// <exception cref="RdmaException">The step was refused.</exception>
    public void ToReadyToReceive(QueuePairAddress remote, ConnectionOptions? options = null)
    {
        options ??= new ConnectionOptions();
        ib_uverbs_modify_qp command = new()
        {
            dest_qp_num = remote.QueuePairNumber,
            rq_psn = remote.PacketSequenceNumber,
            path_mtu = (byte)(options.PathMtu ?? Device.PortAttributes.ActiveMtu),
            max_dest_rd_atomic = ReadAtomic(options.MaxReadAtomicAsTarget, Device.Attributes.MaxReadAtomicAsTarget),
            min_rnr_timer = checked((byte)options.MinReceiverNotReadyTimer),
        };
        command.dest.is_global = 1;
        command.dest.sgid_index = checked((byte)_source.Index);
        command.dest.hop_limit = HopLimit;
        command.dest.port_num = RdmaDevice.Port;
        remote.Gid.CopyTo(command.dest.dgid);
        Modify(
            QueuePairState.ReadyToReceive,
            ref command,
            IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
    }

    /// <summary>
    /// Takes it from <see cref="QueuePairState.ReadyToReceive"/>, or <see cref="QueuePairState.SendQueueDrained"/>, to
    /// <see cref="QueuePairState.ReadyToSend"/>.
    /// </summary>
    /// <param name="options">How to talk to the peer; null: the defaults.</param>
    /// <exception cref="RdmaException">The step was refused.</exception>
    public void ToReadyToSend(ConnectionOptions? options = null)
    {
        options ??= new ConnectionOptions();
        ib_uverbs_modify_qp command = new()
        {
            sq_psn = Address.PacketSequenceNumber,
            timeout = checked((byte)options.AcknowledgeTimeout),
            retry_cnt = checked((byte)options.RetryCount),
            rnr_retry = checked((byte)options.ReceiverNotReadyRetryCount),
            max_rd_atomic = ReadAtomic(options.MaxReadAtomicAsInitiator, Device.Attributes.MaxReadAtomicAsInitiator),
        };
        uint attributes = QueryState() == QueuePairState.SendQueueDrained
            ? 0
            : IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC;
        Modify(QueuePairState.ReadyToSend, ref command, attributes);
    }

    /// <summary>
    /// Takes it from <see cref="QueuePairState.ReadyToSend"/> to <see cref="QueuePairState.SendQueueDrained"/>: nothing new is begun.
    /// An <see cref="AsyncEventType.SendQueueDrained"/> tells when what was begun is done, and the way back is open.
    /// </summary>
    /// <exception cref="RdmaException">The step was refused.</exception>
    public void ToSendQueueDrained()
    {
        ib_uverbs_modify_qp command = new() { en_sqd_async_notify = 1 };
        Modify(QueuePairState.SendQueueDrained, ref command, IBV_QP_EN_SQD_ASYNC_NOTIFY);
    }

    /// <summary>
    /// Takes it to <see cref="QueuePairState.Error"/>, from any state: all work requests end with
    /// <see cref="CompletionStatus.FlushError"/>.
    /// </summary>
    /// <exception cref="RdmaException">The step was refused.</exception>
    public void ToError()
    {
        ib_uverbs_modify_qp command = default;
        Modify(QueuePairState.Error, ref command, 0);
    }

    /// <summary>Its state, as the device has it.</summary>
    /// <exception cref="RdmaException">The device refused.</exception>
    public QueuePairState QueryState() => Query().State;

    /// <summary>The attributes of the connection, as the device has them.</summary>
    /// <exception cref="RdmaException">The device refused.</exception>
    public QueuePairAttributes Query()
    {
        ThrowIfDisposing();
        uint wanted = IBV_QP_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_SQ_PSN;
        ib_uverbs_query_qp_resp response = Device.Commands.Write<ib_uverbs_query_qp, ib_uverbs_query_qp_resp>(
            "query_qp", IB_USER_VERBS_CMD_QUERY_QP, new ib_uverbs_query_qp { qp_handle = _handle, attr_mask = wanted });
        return new QueuePairAttributes
        {
            State = (QueuePairState)response.qp_state,
            Access = (AccessFlags)response.qp_access_flags,
            RemoteQueuePairNumber = response.dest_qp_num,
            RemoteGid = new Gid(response.dest.dgid),
            PathMtu = (Mtu)response.path_mtu,
            ReceivePacketSequenceNumber = response.rq_psn,
            SendPacketSequenceNumber = response.sq_psn,
        };
    }

    private void Modify(QueuePairState state, ref ib_uverbs_modify_qp command, uint attributes)
    {
        ThrowIfDisposing();
        command.qp_handle = _handle;
        command.qp_state = (byte)state;
        command.attr_mask = attributes | IBV_QP_STATE;
        Device.Commands.Write($"modify_qp({Number}, {state})", IB_USER_VERBS_CMD_MODIFY_QP, command);
    }

    private static byte ReadAtomic(int? wanted, int most) => checked((byte)(wanted ?? Math.Min(DefaultReadAtomic, most)));

    private void ThrowIfDisposing() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposing) != 0, this);
}
