using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.ib_uverbs_ex_write_cmds;
using static DaxEmu.Abi.ib_uverbs_qp_create_flags;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.uverbs_attrs_create_cq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_create_qp_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_create_srq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_destroy_cq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_destroy_qp_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_destroy_srq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_pd_destroy_ids;
using static DaxEmu.Abi.uverbs_attrs_query_mr_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_reg_mr_cmd_attr_ids;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    private const int MostHandles = 4096;

    /// <summary>pd_destroy.</summary>
    public NicResult DestroyDomain(IoctlCall call) => DestroyByHandle(call, IB_USER_VERBS_CMD_DEALLOC_PD, UVERBS_ATTR_DESTROY_PD_HANDLE);

    /// <summary>cq_create.</summary>
    public NicResult CreateCompletionQueue(IoctlCall call)
    {
        ulong channel = call.Handle(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL);
        ulong flags = call.Read<ulong>(UVERBS_ATTR_CREATE_CQ_FLAGS);
        if (call.Has(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL) && channel >= DAXEMU_ASYNC_CHANNELS)
        {
            return new NicError(EBADF, $"cq_create: the channel {channel} is no completion channel");
        }

        ib_uverbs_ex_create_cq request = new()
        {
            user_handle = call.Read<ulong>(UVERBS_ATTR_CREATE_CQ_USER_HANDLE),
            cqe = call.Read<uint>(UVERBS_ATTR_CREATE_CQ_CQE),
            comp_vector = call.Read<uint>(UVERBS_ATTR_CREATE_CQ_COMP_VECTOR),
            comp_channel = call.Has(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL) ? (int)channel : -1,
            flags = (uint)flags,
        };
        ib_uverbs_ex_create_cq_resp response = default;
        NicResult made = flags > uint.MaxValue
            ? new NicError(EINVAL, $"cq_create: flags 0x{flags:x} are not known")
            : WithEventsOn(call, UVERBS_ATTR_CREATE_CQ_EVENT_FD, () => Run(call, Extended(IB_USER_VERBS_EX_CMD_CREATE_CQ), request, out response));
        if (made.IsOk)
        {
            call.WriteHandle(UVERBS_ATTR_CREATE_CQ_HANDLE, response.@base.cq_handle);
            call.Write(UVERBS_ATTR_CREATE_CQ_RESP_CQE, response.@base.cqe);
        }

        return made;
    }

    /// <summary>cq_destroy.</summary>
    public NicResult DestroyCompletionQueue(IoctlCall call) => DestroyWithEvents<ib_uverbs_destroy_cq, ib_uverbs_destroy_cq_resp>(
        call, IB_USER_VERBS_CMD_DESTROY_CQ, handle => new ib_uverbs_destroy_cq { cq_handle = handle },
        UVERBS_ATTR_DESTROY_CQ_HANDLE, UVERBS_ATTR_DESTROY_CQ_RESP);

    /// <summary>qp_create.</summary>
    public NicResult CreateQueuePair(IoctlCall call)
    {
        ulong flags = call.Read<ulong>(UVERBS_ATTR_CREATE_QP_FLAGS);
        ulong type = call.Read<ulong>(UVERBS_ATTR_CREATE_QP_TYPE);
        const ulong Known = IB_UVERBS_QP_CREATE_BLOCK_MULTICAST_LOOPBACK | IB_UVERBS_QP_CREATE_SCATTER_FCS
            | IB_UVERBS_QP_CREATE_CVLAN_STRIPPING | IB_UVERBS_QP_CREATE_PCI_WRITE_END_PADDING | IB_UVERBS_QP_CREATE_SQ_SIG_ALL;
        if ((flags & ~Known) != 0 || type > byte.MaxValue)
        {
            return new NicError(EINVAL, $"qp_create: flags 0x{flags:x} or type {type} are not known");
        }

        foreach (ushort handle in new[]
                 {
                     UVERBS_ATTR_CREATE_QP_PD_HANDLE, UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE,
                     UVERBS_ATTR_CREATE_QP_SRQ_HANDLE,
                 })
        {
            if (handle != UVERBS_ATTR_CREATE_QP_SRQ_HANDLE && !call.Has(handle))
            {
                return new NicError(EINVAL, $"qp_create: attribute {handle} is missing");
            }

            bool exists = TryHandle(call, handle, out uint number)
                && (handle == UVERBS_ATTR_CREATE_QP_SRQ_HANDLE
                    || (handle == UVERBS_ATTR_CREATE_QP_PD_HANDLE ? _domains.TryGet(number, out _) : _completionQueues.TryGet(number, out _)));
            if (!exists)
            {
                return NoObject(call, handle);
            }
        }

        ib_uverbs_qp_cap wish = call.Read<ib_uverbs_qp_cap>(UVERBS_ATTR_CREATE_QP_CAP);
        ib_uverbs_ex_create_qp request = new()
        {
            user_handle = call.Read<ulong>(UVERBS_ATTR_CREATE_QP_USER_HANDLE),
            pd_handle = (uint)call.Handle(UVERBS_ATTR_CREATE_QP_PD_HANDLE),
            send_cq_handle = (uint)call.Handle(UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE),
            recv_cq_handle = (uint)call.Handle(UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE),
            srq_handle = (uint)call.Handle(UVERBS_ATTR_CREATE_QP_SRQ_HANDLE),
            is_srq = call.Has(UVERBS_ATTR_CREATE_QP_SRQ_HANDLE) ? (byte)1 : (byte)0,
            max_send_wr = wish.max_send_wr,
            max_recv_wr = wish.max_recv_wr,
            max_send_sge = wish.max_send_sge,
            max_recv_sge = wish.max_recv_sge,
            max_inline_data = wish.max_inline_data,
            sq_sig_all = (flags & IB_UVERBS_QP_CREATE_SQ_SIG_ALL) != 0 ? (byte)1 : (byte)0,
            qp_type = (byte)type,
            create_flags = (uint)flags & ~IB_UVERBS_QP_CREATE_SQ_SIG_ALL,
            source_qpn = call.Read<uint>(UVERBS_ATTR_CREATE_QP_SOURCE_QPN),
        };
        ib_uverbs_ex_create_qp_resp response = default;
        NicResult made = WithEventsOn(
            call, UVERBS_ATTR_CREATE_QP_EVENT_FD, () => Run(call, Extended(IB_USER_VERBS_EX_CMD_CREATE_QP), request, out response));
        if (made.IsOk)
        {
            ib_uverbs_create_qp_resp granted = response.@base;
            call.WriteHandle(UVERBS_ATTR_CREATE_QP_HANDLE, granted.qp_handle);
            call.Write(UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, granted.qpn);
            call.Write(UVERBS_ATTR_CREATE_QP_RESP_CAP, new ib_uverbs_qp_cap
            {
                max_send_wr = granted.max_send_wr,
                max_recv_wr = granted.max_recv_wr,
                max_send_sge = granted.max_send_sge,
                max_recv_sge = granted.max_recv_sge,
                max_inline_data = granted.max_inline_data,
            });
        }

        return made;
    }

    /// <summary>qp_destroy.</summary>
    public NicResult DestroyQueuePair(IoctlCall call) => DestroyWithEvents<ib_uverbs_destroy_qp, ib_uverbs_destroy_qp_resp>(
        call, IB_USER_VERBS_CMD_DESTROY_QP, handle => new ib_uverbs_destroy_qp { qp_handle = handle },
        UVERBS_ATTR_DESTROY_QP_HANDLE, UVERBS_ATTR_DESTROY_QP_RESP);

    /// <summary>srq_create.</summary>
    public NicResult CreateSharedReceiveQueue(IoctlCall call)
    {
        ulong type = call.Read<ulong>(UVERBS_ATTR_CREATE_SRQ_TYPE);
        if (type != ib_uverbs_srq_type.IB_UVERBS_SRQT_BASIC)
        {
            return new NicError(EOPNOTSUPP, $"srq_create: the rxe driver has no shared receive queues of type {type}");
        }

        if (!TryHandle(call, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, out uint domain) || !_domains.TryGet(domain, out _))
        {
            return NoObject(call, UVERBS_ATTR_CREATE_SRQ_PD_HANDLE);
        }

        ib_uverbs_create_srq request = new()
        {
            user_handle = call.Read<ulong>(UVERBS_ATTR_CREATE_SRQ_USER_HANDLE),
            pd_handle = domain,
            max_wr = call.Read<uint>(UVERBS_ATTR_CREATE_SRQ_MAX_WR),
            max_sge = call.Read<uint>(UVERBS_ATTR_CREATE_SRQ_MAX_SGE),
            srq_limit = call.Read<uint>(UVERBS_ATTR_CREATE_SRQ_LIMIT),
        };
        ib_uverbs_create_srq_resp response = default;
        NicResult made = WithEventsOn(
            call, UVERBS_ATTR_CREATE_SRQ_EVENT_FD, () => Run(call, IB_USER_VERBS_CMD_CREATE_SRQ, request, out response));
        if (made.IsOk)
        {
            call.WriteHandle(UVERBS_ATTR_CREATE_SRQ_HANDLE, response.srq_handle);
            call.Write(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, response.max_wr);
            call.Write(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, response.max_sge);
            call.Write(UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, response.srqn);
        }

        return made;
    }

    /// <summary>srq_destroy.</summary>
    public NicResult DestroySharedReceiveQueue(IoctlCall call) => DestroyWithEvents<ib_uverbs_destroy_srq, ib_uverbs_destroy_srq_resp>(
        call, IB_USER_VERBS_CMD_DESTROY_SRQ, handle => new ib_uverbs_destroy_srq { srq_handle = handle },
        UVERBS_ATTR_DESTROY_SRQ_HANDLE, UVERBS_ATTR_DESTROY_SRQ_RESP);

    /// <summary>reg_mr of newer kernels.</summary>
    public NicResult RegisterRegion(IoctlCall call)
    {
        ulong flags = call.Read<ulong>(UVERBS_ATTR_REG_MR_ACCESS_FLAGS);
        if (!TryHandle(call, UVERBS_ATTR_REG_MR_PD_HANDLE, out uint domain) || !_domains.TryGet(domain, out _))
        {
            return NoObject(call, UVERBS_ATTR_REG_MR_PD_HANDLE);
        }

        if (flags > uint.MaxValue)
        {
            return new NicError(EINVAL, $"reg_mr: access flags 0x{flags:x} are not known");
        }

        ib_uverbs_reg_mr request = new()
        {
            start = call.Read<ulong>(UVERBS_ATTR_REG_MR_ADDR),
            length = call.Read<ulong>(UVERBS_ATTR_REG_MR_LENGTH),
            hca_va = call.Read<ulong>(UVERBS_ATTR_REG_MR_IOVA),
            pd_handle = domain,
            access_flags = (uint)flags,
        };
        NicResult made = Run(call, IB_USER_VERBS_CMD_REG_MR, request, out ib_uverbs_reg_mr_resp response);
        if (made.IsOk)
        {
            call.WriteHandle(UVERBS_ATTR_REG_MR_HANDLE, response.mr_handle);
            call.Write(UVERBS_ATTR_REG_MR_RESP_LKEY, response.lkey);
            call.Write(UVERBS_ATTR_REG_MR_RESP_RKEY, response.rkey);
        }

        return made;
    }

    /// <summary>query_mr.</summary>
    public NicResult QueryRegion(IoctlCall call)
    {
        if (!TryHandle(call, UVERBS_ATTR_QUERY_MR_HANDLE, out uint handle) || !_regions.TryGet(handle, out MemoryRegion? region))
        {
            return NoObject(call, UVERBS_ATTR_QUERY_MR_HANDLE);
        }

        call.Write(UVERBS_ATTR_QUERY_MR_RESP_LKEY, region.Key);
        call.Write(UVERBS_ATTR_QUERY_MR_RESP_RKEY, region.Key);
        call.Write(UVERBS_ATTR_QUERY_MR_RESP_LENGTH, region.Length);
        call.Write(UVERBS_ATTR_QUERY_MR_RESP_IOVA, region.Iova);
        return NicResult.Ok;
    }

    // Destroys an object that has events: the response says how many of them were read.
    private NicResult DestroyWithEvents<TRequest, TResponse>(
        IoctlCall call, uint command, Func<uint, TRequest> request, ushort handleAttribute, ushort responseAttribute)
        where TRequest : unmanaged
        where TResponse : unmanaged
    {
        if (!TryHandle(call, handleAttribute, out uint handle))
        {
            return NoObject(call, handleAttribute);
        }

        NicResult gone = Run(call, command, request(handle), out TResponse response);
        if (gone.IsOk)
        {
            call.Write(responseAttribute, response);
        }

        return gone;
    }

    private static uint Extended(uint command) => IB_USER_VERBS_CMD_FLAG_EXTENDED | command;

    // Makes an object whose asynchronous events go to the channel that the client chose; where it chose none, to the first.
    private NicResult WithEventsOn(IoctlCall call, ushort attribute, Func<NicResult> make)
    {
        if (!call.Has(attribute))
        {
            return make();
        }

        ulong id = call.Handle(attribute);
        if (id < DAXEMU_ASYNC_CHANNELS || id - DAXEMU_ASYNC_CHANNELS >= (ulong)_asyncChannelsTaken)
        {
            return new NicError(EBADF, $"{call.Method.Name}: the channel {id} is no asynchronous event channel");
        }

        EventChannel? first = _asyncChannel;
        _asyncChannel = _asyncChannels[(int)(id - DAXEMU_ASYNC_CHANNELS)];
        try
        {
            return make();
        }
        finally
        {
            _asyncChannel = first;
        }
    }
}
