using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;

namespace DaxEmu.Device;

/// <summary>Between the uverbs structs of a queue pair's attributes and the NIC's.</summary>
internal static class QpTranslation
{
    // IB_QP_ATTR_STANDARD_BITS: up to IB_QP_DEST_QPN.
    private const uint StandardBits = (IBV_QP_DEST_QPN << 1) - 1;

    /// <summary>The checks of the kernel's uverbs modify_qp, before those of the state machine.</summary>
    /// <param name="request">The command.</param>
    /// <param name="ports">How many the device has.</param>
    public static NicError? Check(in ib_uverbs_modify_qp request, int ports)
    {
        uint mask = request.attr_mask;
        if ((mask & ~StandardBits) != 0)
        {
            return new NicError(EOPNOTSUPP, $"modify_qp: attributes 0x{mask & ~StandardBits:x} are not known");
        }

        if (((mask & IBV_QP_PORT) != 0 && !IsPort(request.port_num, ports))
            || ((mask & IBV_QP_AV) != 0 && !IsPort(request.dest.port_num, ports))
            || ((mask & IBV_QP_ALT_PATH) != 0
                && !(IsPort(request.alt_port_num, ports) && IsPort(request.alt_dest.port_num, ports))))
        {
            return new NicError(EINVAL, $"modify_qp: the device has ports 1 to {ports}");
        }

        bool unknownState = ((mask & IBV_QP_STATE) != 0 && request.qp_state > IBV_QPS_ERR)
            || ((mask & IBV_QP_CUR_STATE) != 0 && request.cur_qp_state > IBV_QPS_ERR);
        return unknownState ? new NicError(EINVAL, "modify_qp: there is no such queue pair state") : null;
    }

    /// <summary>The attributes of a modification; its mask says which count.</summary>
    public static QpAttributes ToAttributes(in ib_uverbs_modify_qp request) => new()
    {
        State = request.qp_state,
        CurrentState = request.cur_qp_state,
        PathMtu = request.path_mtu,
        PathMigrationState = request.path_mig_state,
        Qkey = request.qkey,
        ReceivePsn = request.rq_psn,
        SendPsn = request.sq_psn,
        DestinationQpNumber = request.dest_qp_num,
        AccessFlags = request.qp_access_flags,
        Path = ToVector(request.dest),
        AlternatePath = ToVector(request.alt_dest),
        PkeyIndex = request.pkey_index,
        AlternatePkeyIndex = request.alt_pkey_index,
        NotifySendQueueDrained = request.en_sqd_async_notify != 0,
        MaxReadAtomic = request.max_rd_atomic,
        MaxDestinationReadAtomic = request.max_dest_rd_atomic,
        MinRnrTimer = request.min_rnr_timer,
        PortNumber = request.port_num,
        Timeout = request.timeout,
        RetryCount = request.retry_cnt,
        RnrRetry = request.rnr_retry,
        AlternatePortNumber = request.alt_port_num,
        AlternateTimeout = request.alt_timeout,
    };

    /// <summary>query_qp's response.</summary>
    public static ib_uverbs_query_qp_resp ToResponse(QpAttributes attributes, QueuePairRequest creation)
    {
        QpCapabilities capabilities = creation.Capabilities;
        return new ib_uverbs_query_qp_resp
        {
            dest = ToDestination(attributes.Path),
            alt_dest = ToDestination(attributes.AlternatePath),
            max_send_wr = capabilities.SendRing.Capacity,
            max_recv_wr = creation.SharedReceives is null ? capabilities.ReceiveRing.Capacity : 0,
            max_send_sge = capabilities.MaxSendSge,
            max_recv_sge = capabilities.MaxReceiveSge,
            max_inline_data = capabilities.MaxInlineData,
            qkey = attributes.Qkey,
            rq_psn = attributes.ReceivePsn,
            sq_psn = attributes.SendPsn,
            dest_qp_num = attributes.DestinationQpNumber,
            qp_access_flags = attributes.AccessFlags,
            pkey_index = attributes.PkeyIndex,
            alt_pkey_index = attributes.AlternatePkeyIndex,
            qp_state = (byte)attributes.State,
            cur_qp_state = (byte)attributes.CurrentState,
            path_mtu = (byte)attributes.PathMtu,
            path_mig_state = (byte)attributes.PathMigrationState,
            sq_draining = attributes.SendQueueDraining ? (byte)1 : (byte)0,
            max_rd_atomic = attributes.MaxReadAtomic,
            max_dest_rd_atomic = attributes.MaxDestinationReadAtomic,
            min_rnr_timer = attributes.MinRnrTimer,
            port_num = attributes.PortNumber,
            timeout = attributes.Timeout,
            retry_cnt = attributes.RetryCount,
            rnr_retry = attributes.RnrRetry,
            alt_port_num = attributes.AlternatePortNumber,
            alt_timeout = attributes.AlternateTimeout,
            sq_sig_all = creation.SignalAll ? (byte)1 : (byte)0,
        };
    }

    private static bool IsPort(uint number, int ports) => number >= 1 && number <= ports;

    /// <summary>An address handle's path.</summary>
    public static AddressVector ToVector(in ib_uverbs_ah_attr attributes) => new()
    {
        DestinationGid = Gid.FromBytes(attributes.grh.dgid),
        FlowLabel = attributes.grh.flow_label,
        SourceGidIndex = attributes.grh.sgid_index,
        HopLimit = attributes.grh.hop_limit,
        TrafficClass = attributes.grh.traffic_class,
        DestinationLid = attributes.dlid,
        ServiceLevel = attributes.sl,
        SourcePathBits = attributes.src_path_bits,
        StaticRate = attributes.static_rate,
        IsGlobal = attributes.is_global != 0,
        PortNumber = attributes.port_num,
    };

    private static AddressVector ToVector(in ib_uverbs_qp_dest destination) => new()
    {
        DestinationGid = Gid.FromBytes(destination.dgid),
        FlowLabel = destination.flow_label,
        SourceGidIndex = destination.sgid_index,
        HopLimit = destination.hop_limit,
        TrafficClass = destination.traffic_class,
        DestinationLid = destination.dlid,
        ServiceLevel = destination.sl,
        SourcePathBits = destination.src_path_bits,
        StaticRate = destination.static_rate,
        IsGlobal = destination.is_global != 0,
        PortNumber = destination.port_num,
    };

    private static ib_uverbs_qp_dest ToDestination(AddressVector vector)
    {
        ib_uverbs_qp_dest destination = new()
        {
            flow_label = vector.FlowLabel,
            dlid = vector.DestinationLid,
            sgid_index = vector.SourceGidIndex,
            hop_limit = vector.HopLimit,
            traffic_class = vector.TrafficClass,
            sl = vector.ServiceLevel,
            src_path_bits = vector.SourcePathBits,
            static_rate = vector.StaticRate,
            is_global = vector.IsGlobal ? (byte)1 : (byte)0,
            port_num = vector.PortNumber,
        };
        vector.DestinationGid.CopyTo(destination.dgid);
        return destination;
    }
}
