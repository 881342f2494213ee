using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.ib;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;

namespace DaxEmu.Device;

internal sealed partial class ConnectionManager
{
    // enum ib_rate, IB_RATE_100_GBPS.
    private const byte Rate100 = 16;

    // Of a path record: the value is meant exactly (IBTA 15.2.5.16).
    private const byte Exactly = 2;
    private const int SelectorShift = 6;

    /// <summary>INIT_QP_ATTR: what ibv_modify_qp(3) is to be given to come to a state.</summary>
    public NicResult<ib_uverbs_qp_attr> QpAttributes(CmEventQueue queue, uint number, uint state)
    {
        lock (_lock)
        {
            if (FindWithDevice(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            ib_uverbs_qp_attr attributes = new() { qp_state = state };
            bool known = id.IsDatagram || id.Exchange == CmExchange.Idle
                ? BeforeConnection(id, ref attributes)
                : OfConnection(id, state, ref attributes);
            return known ? attributes : NotNow($"init_qp_attr for state {state}", id);
        }
    }

    /// <summary>QUERY of the addresses.</summary>
    public NicResult<rdma_ucm_query_addr_resp> QueryAddresses(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (Find(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            rdma_ucm_query_addr_resp response = DeviceOf(id);
            response.src_size = (ushort)id.Source.Size;
            response.dst_size = (ushort)id.Destination.Size;
            id.Source.Write(Bytes(ref response.src_addr));
            id.Destination.Write(Bytes(ref response.dst_addr));
            return response;
        }
    }

    /// <summary>QUERY of the GIDs, as AF_IB addresses.</summary>
    public NicResult<rdma_ucm_query_addr_resp> QueryGids(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (Find(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            rdma_ucm_query_addr_resp response = DeviceOf(id);
            CmAddress source = GidOf(id, id.Source, id.Port), destination = GidOf(id, id.Destination, id.RemotePort);
            response.src_size = (ushort)source.Size;
            response.dst_size = (ushort)destination.Size;
            source.Write(Bytes(ref response.src_addr));
            destination.Write(Bytes(ref response.dst_addr));
            return response;
        }
    }

    /// <summary>QUERY of the paths.</summary>
    /// <returns>The path, or null while there is none.</returns>
    public NicResult<ib_path_rec_data?> QueryPath(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            return Find(queue, number, out CmId? id) is { } unknown
                ? unknown
                : NicResult.Of<ib_path_rec_data?>(id.HasPath ? PackedPath(id) : null);
        }
    }

    /// <summary>QUERY_ROUTE.</summary>
    public NicResult<rdma_ucm_query_route_resp> QueryRoute(CmEventQueue queue, uint number)
    {
        lock (_lock)
        {
            if (Find(queue, number, out CmId? id) is { } unknown)
            {
                return unknown;
            }

            rdma_ucm_query_route_resp response = default;
            Span<byte> source = MemoryMarshal.AsBytes(new Span<sockaddr_in6>(ref response.src_addr));
            Span<byte> destination = MemoryMarshal.AsBytes(new Span<sockaddr_in6>(ref response.dst_addr));
            if (id.Source.Size <= source.Length)
            {
                id.Source.Write(source);
                id.Destination.Write(destination);
            }

            if (id.Port is { } port)
            {
                rdma_ucm_query_addr_resp device = DeviceOf(id);
                response.node_guid = device.node_guid;
                response.port_num = port.Port;
                response.ibdev_index = device.ibdev_index;
                response.num_paths = id.HasPath ? 1u : 0;
                response.ib_route[0] = Path(id);
            }

            return response;
        }
    }

    private static Span<byte> Bytes(ref kernel_sockaddr_storage storage) =>
        MemoryMarshal.AsBytes(new Span<kernel_sockaddr_storage>(ref storage));

    private static ulong BigEndian(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static byte LifetimeOf(CmId id) => id.AckTimeout is { } timeout and > 0 ? (byte)(timeout - 1) : CmWire.PacketLifetime;

    private static rdma_ucm_query_addr_resp DeviceOf(CmId id) => id.Port is not { } port ? default : new rdma_ucm_query_addr_resp
    {
        node_guid = BigEndian(port.NodeGuid),
        port_num = port.Port,
        pkey = CmWire.DefaultPkey,
        ibdev_index = (uint)port.Device,
    };

    // The service id is the port space and the port (rdma_get_service_id).
    private static CmAddress GidOf(CmId id, CmAddress address, CmPort? port) => address.Family == AF_IB
        ? address
        : new CmAddress(AF_IB, port?.Gid.Value ?? UInt128.Zero, address.Port)
        {
            Pkey = port is null ? (ushort)0 : CmWire.DefaultPkey,
            ServiceId = ((ulong)id.PortSpace << 16) | address.Port,
            ServiceMask = ulong.MaxValue,
        };

    // cma_ib_init_qp_attr: what holds whatever the peer says.
    private static bool BeforeConnection(CmId id, ref ib_uverbs_qp_attr attributes)
    {
        attributes.qp_attr_mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT;
        attributes.port_num = id.Port!.Port;
        if (!id.IsDatagram)
        {
            attributes.qp_attr_mask |= IBV_QP_ACCESS_FLAGS;
            return true;
        }

        if (id.Qkey == 0)
        {
            id.Qkey = CmWire.UdpQkey;
        }

        attributes.qkey = id.Qkey;
        attributes.qp_attr_mask |= IBV_QP_QKEY;
        return true;
    }

    // ib_cm_init_qp_attr.
    private static bool OfConnection(CmId id, uint state, ref ib_uverbs_qp_attr attributes)
    {
        bool knowsPeer = id.Exchange is CmExchange.RequestReceived or CmExchange.ReplySent or CmExchange.ReplyReceived or CmExchange.Established;
        switch (state)
        {
            case IBV_QPS_INIT when knowsPeer || id.Exchange == CmExchange.RequestSent:
                attributes.qp_attr_mask = IBV_QP_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX | IBV_QP_PORT;
                attributes.qp_access_flags = IBV_ACCESS_REMOTE_WRITE
                    | (id.ResponderResources != 0 ? IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC : 0);
                attributes.port_num = id.Port!.Port;
                return true;
            case IBV_QPS_RTR when knowsPeer:
                attributes.qp_attr_mask = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
                attributes.ah_attr = PathTo(id, id.RemotePort!.Gid);
                attributes.path_mtu = ibv_mtu.IBV_MTU_4096;
                attributes.dest_qp_num = id.RemoteQpNumber;
                attributes.rq_psn = id.SequenceNumber;
                if (id.QpType == ibv_qp_type.IBV_QPT_RC)
                {
                    attributes.qp_attr_mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
                    attributes.max_dest_rd_atomic = id.ResponderResources;
                }

                return true;
            case IBV_QPS_RTS when knowsPeer:
                attributes.qp_attr_mask = IBV_QP_STATE | IBV_QP_SQ_PSN;
                attributes.sq_psn = id.RemoteSequenceNumber;
                if (id.QpType == ibv_qp_type.IBV_QPT_RC)
                {
                    attributes.qp_attr_mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_MAX_QP_RD_ATOMIC;
                    attributes.timeout = id.AckTimeout ?? (byte)(LifetimeOf(id) + 1);
                    attributes.retry_cnt = id.RetryCount;
                    attributes.rnr_retry = id.RnrRetryCount;
                    attributes.max_rd_atomic = id.InitiatorDepth;
                }

                return true;
            default:
                return false;
        }
    }

    private static ib_uverbs_ah_attr PathTo(CmId id, Gid destination)
    {
        ib_uverbs_ah_attr path = new()
        {
            sl = PriorityOf(id),
            is_global = 1,
            port_num = id.Port!.Port,
        };
        destination.CopyTo(path.grh.dgid);
        path.grh.sgid_index = id.Port.GidIndex;
        path.grh.hop_limit = CmWire.HopLimit;
        path.grh.traffic_class = id.TypeOfService;
        return path;
    }

    private static ib_user_path_rec Path(CmId id)
    {
        ib_user_path_rec path = new()
        {
            reversible = 1,
            mtu = ibv_mtu.IBV_MTU_4096,
            pkey = CmWire.DefaultPkey,
            hop_limit = CmWire.HopLimit,
            traffic_class = id.TypeOfService,
            numb_path = 1,
            sl = PriorityOf(id),
            mtu_selector = Exactly,
            rate_selector = Exactly,
            rate = Rate100,
            packet_life_time_selector = Exactly,
            packet_life_time = LifetimeOf(id),
        };
        id.Port!.Gid.CopyTo(path.sgid);
        (id.RemotePort?.Gid ?? default).CopyTo(path.dgid);
        return path;
    }

    // IBTA 15.2.5.16, PathRecord.
    private static ib_path_rec_data PackedPath(CmId id)
    {
        ib_path_rec_data data = new() { flags = ib_user_sa.IB_PATH_GMP | ib_user_sa.IB_PATH_PRIMARY | ib_user_sa.IB_PATH_BIDIRECTIONAL };
        Span<byte> record = MemoryMarshal.AsBytes(new Span<ib_path_rec_data.path_words>(ref data.path_rec));
        (id.RemotePort?.Gid ?? default).CopyTo(record[8..]);
        id.Port!.Gid.CopyTo(record[24..]);
        record[47] = CmWire.HopLimit;
        record[48] = id.TypeOfService;
        record[49] = 0x81;
        BinaryPrimitives.WriteUInt16BigEndian(record[50..], CmWire.DefaultPkey);
        BinaryPrimitives.WriteUInt16BigEndian(record[52..], PriorityOf(id));
        record[54] = (Exactly << SelectorShift) | (byte)ibv_mtu.IBV_MTU_4096;
        record[55] = (Exactly << SelectorShift) | Rate100;
        record[56] = (byte)((Exactly << SelectorShift) | LifetimeOf(id));
        return data;
    }
}
