using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_qp_state;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    private readonly HandleTable<QueuePairObject> _queuePairs = new(daxemu_device.DAXEMU_DOORBELL_QPS);

    /// <summary>The smallest ex_create_qp: up to create_flags.</summary>
    public static int LeastExtendedQueuePair { get; } =
        (int)Marshal.OffsetOf<ib_uverbs_ex_create_qp>(nameof(ib_uverbs_ex_create_qp.rwq_ind_tbl_handle));

    /// <summary>The smallest ex_modify_qp: up to base (the kernel's UAPI_DEF_WRITE_UDATA_IO_EX).</summary>
    public static int LeastExtendedModify { get; } = Unsafe.SizeOf<ib_uverbs_modify_qp>();

    /// <summary>create_qp.</summary>
    public NicResult CreateQueuePair(ref Command command)
    {
        ib_uverbs_create_qp request = command.Read<ib_uverbs_create_qp>();
        NicResult created = CreateQueuePair(
            new ib_uverbs_ex_create_qp
            {
                user_handle = request.user_handle,
                pd_handle = request.pd_handle,
                send_cq_handle = request.send_cq_handle,
                recv_cq_handle = request.recv_cq_handle,
                max_send_wr = request.max_send_wr,
                max_recv_wr = request.max_recv_wr,
                max_send_sge = request.max_send_sge,
                max_recv_sge = request.max_recv_sge,
                max_inline_data = request.max_inline_data,
                sq_sig_all = request.sq_sig_all,
                qp_type = request.qp_type,
                is_srq = request.is_srq,
                srq_handle = request.srq_handle,
            },
            ref command,
            out ib_uverbs_create_qp_resp response);
        command.Respond(response);
        return created;
    }

    /// <summary>ex_create_qp.</summary>
    public NicResult ExtendedCreateQueuePair(ref Command command)
    {
        ib_uverbs_ex_create_qp request = command.Read<ib_uverbs_ex_create_qp>();
        if (request.comp_mask != 0 || request.reserved != 0)
        {
            return new NicError(EINVAL, "ex_create_qp: comp_mask and reserved must be 0");
        }

        if (request.create_flags != 0)
        {
            return new NicError(EOPNOTSUPP, $"ex_create_qp: create_flags 0x{request.create_flags:x} are not supported");
        }

        NicResult created = CreateQueuePair(request, ref command, out ib_uverbs_create_qp_resp response);
        command.Respond(new ib_uverbs_ex_create_qp_resp
        {
            @base = response,
            response_length = command.ResponseLength<ib_uverbs_ex_create_qp_resp>(),
        });
        return created;
    }

    /// <summary>query_qp.</summary>
    public NicResult QueryQueuePair(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_query_qp>().qp_handle;
        if (!_queuePairs.TryGet(handle, out QueuePairObject? qp))
        {
            return NoQueuePair(EINVAL, handle);
        }

        NicResult<QpAttributes> attributes = Nic.QueryQueuePair(qp.Pair);
        if (!attributes.IsOk)
        {
            return attributes.Error;
        }

        command.Respond(QpTranslation.ToResponse(attributes.Value, qp.Pair.Request));
        return NicResult.Ok;
    }

    /// <summary>modify_qp.</summary>
    public NicResult ModifyQueuePair(ref Command command) => ModifyQueuePair(command.Read<ib_uverbs_modify_qp>());

    private NicResult ModifyQueuePair(in ib_uverbs_modify_qp request)
    {
        if (!_queuePairs.TryGet(request.qp_handle, out QueuePairObject? qp))
        {
            return NoQueuePair(EINVAL, request.qp_handle);
        }

        if (QpTranslation.Check(request, _device.Ports.Count) is { } refusal)
        {
            return refusal;
        }

        NicResult modified = Nic.ModifyQueuePair(qp.Pair, QpTranslation.ToAttributes(request), request.attr_mask);
        qp.ShowState();
        return modified;
    }

    /// <summary>ex_modify_qp: modify_qp with a rate limit, which the rxe driver refuses as well.</summary>
    public NicResult ExtendedModifyQueuePair(ref Command command)
    {
        ib_uverbs_ex_modify_qp request = command.Read<ib_uverbs_ex_modify_qp>();
        NicResult modified = ModifyQueuePair(request.@base);
        command.Respond(new ib_uverbs_ex_modify_qp_resp { response_length = command.ResponseLength<ib_uverbs_ex_modify_qp_resp>() });
        return modified;
    }

    /// <summary>destroy_qp: says how many events the client has read.</summary>
    public NicResult DestroyQueuePair(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_destroy_qp>().qp_handle;
        if (!_queuePairs.TryGet(handle, out QueuePairObject? qp))
        {
            return NoQueuePair(ENOENT, handle);
        }

        if (Nic.IsAttached(qp.Pair))
        {
            return new NicError(EBUSY, $"queue pair {handle} is attached to a multicast group: detach it first");
        }

        if (qp.Pair.Request.Type != ibv_qp_type.IBV_QPT_RC)
        {
            // Nobody acknowledges what it sends, so a program may destroy it right after posting: what was posted goes out.
            _doorbell.WaitUntilServed(LongestWait);
        }

        qp.Unhook();
        ForgetCookie(qp.Pair.Request.Cookie);
        _ = Nic.DestroyQueuePair(qp.Pair);
        _queuePairs.Remove(handle);
        _quota.ReturnObject();
        DropRing(qp.SendRing);
        if (qp.ReceiveRing is { } receive)
        {
            DropRing(receive);
        }

        command.Respond(new ib_uverbs_destroy_qp_resp { events_reported = qp.WithdrawEvents() });
        return NicResult.Ok;
    }

    /// <summary>post_send as a message, for a client that cannot ring: the work requests are in the ring.</summary>
    public NicResult PostSend(ref Command command)
    {
        ib_uverbs_post_send request = command.Read<ib_uverbs_post_send>();
        if (!_queuePairs.TryGet(request.qp_handle, out QueuePairObject? qp))
        {
            return NoQueuePair(EINVAL, request.qp_handle);
        }

        if (request.wr_count != 0 || request.sge_count != 0)
        {
            return new NicError(EOPNOTSUPP, "post_send: work requests go into the send ring; the command carries none");
        }

        if (qp.Pair.State < IBV_QPS_RTS)
        {
            return new NicError(EINVAL, $"post_send: queue pair {request.qp_handle} is not in the RTS state");
        }

        _doorbell.Kick(qp.Handle);
        return NicResult.Ok;
    }

    private static NicError NoQueuePair(int errno, uint handle) => new(errno, $"there is no queue pair {handle}");

    private NicResult CreateQueuePair(in ib_uverbs_ex_create_qp request, ref Command command, out ib_uverbs_create_qp_resp response)
    {
        response = default;
        SharedReceiveQueueObject? srq = null;
        if (request.is_srq != 0 && !_sharedReceiveQueues.TryGet(request.srq_handle, out srq))
        {
            return NoSharedReceiveQueue(EINVAL, request.srq_handle);
        }

        if (!_domains.TryGet(request.pd_handle, out ProtectionDomain? domain))
        {
            return new NicError(EINVAL, $"there is no protection domain {request.pd_handle}");
        }

        if (!_completionQueues.TryGet(request.send_cq_handle, out CompletionQueueObject? sendCq))
        {
            return NoCompletionQueue(EINVAL, request.send_cq_handle);
        }

        if (!_completionQueues.TryGet(request.recv_cq_handle, out CompletionQueueObject? receiveCq))
        {
            return NoCompletionQueue(EINVAL, request.recv_cq_handle);
        }

        QpCapabilities wish = new(
            request.max_send_wr,
            srq is null ? request.max_recv_wr : 0,
            request.max_send_sge,
            srq is null ? request.max_recv_sge : 0,
            request.max_inline_data);
        if (CheckBounds(wish) is { } tooMuch)
        {
            return tooMuch;
        }

        if (!command.HasProviderRoom<rxe_create_qp_resp>())
        {
            return new NicError(EINVAL, "there is no room for the rxe provider's response, struct rxe_create_qp_resp");
        }

        if (!_queuePairs.TryPeek(out uint handle))
        {
            return new NicError(ENOMEM, $"this device file has {handle} queue pairs already, as many as its doorbell can ring for");
        }

        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        QpCapabilities granted = wish.Granted;
        NicResult<RingMemory> send = MakeRing("daxemu-sq", granted.SendRing, rollback);
        if (!send.IsOk)
        {
            return send.Error;
        }

        RingMemory? receive = null;
        if (srq is null)
        {
            NicResult<RingMemory> made = MakeRing("daxemu-rq", granted.ReceiveRing, rollback);
            if (!made.IsOk)
            {
                return made.Error;
            }

            receive = made.Value;
        }

        NicResult<QueuePair> pair = Nic.CreateQueuePair(domain, new QueuePairRequest(
            request.qp_type, granted, send.Value.Location, receive?.Location ?? default, sendCq.Queue, receiveCq.Queue,
            request.sq_sig_all != 0, _services.Events.NewCookie(), srq?.Queue));
        if (!pair.IsOk)
        {
            return pair.Error;
        }

        QueuePairObject qp = new()
        {
            Handle = handle,
            Pair = pair.Value,
            SendRing = send.Value,
            ReceiveRing = receive,
            UserHandle = request.user_handle,
            AsyncChannel = _asyncChannel!,
            Doorbell = _doorbell,
        };
        _queuePairs.Add(qp);
        RememberCookie(pair.Value.Request.Cookie, qp);
        _doorbell.Add(handle, new ScheduledQueuePair(pair.Value.Number, _doorbell.Ready));
        qp.ShowState();
        rollback.Commit();
        response = new ib_uverbs_create_qp_resp
        {
            qp_handle = handle,
            qpn = pair.Value.Number,
            max_send_wr = granted.SendRing.Capacity,
            max_recv_wr = receive is null ? 0 : granted.ReceiveRing.Capacity,
            max_send_sge = granted.MaxSendSge,
            max_recv_sge = granted.MaxReceiveSge,
            max_inline_data = granted.MaxInlineData,
        };
        command.RespondProvider(new rxe_create_qp_resp
        {
            rq_mi = receive is null ? default : InfoOf(receive),
            sq_mi = InfoOf(send.Value),
        });
        return NicResult.Ok;
    }

    // Before anything is computed from them: the rings' sizes follow from these numbers.
    private NicError? CheckBounds(QpCapabilities wish)
    {
        NicOptions limits = Nic.Options;
        if (Math.Max(wish.MaxSendWr, wish.MaxReceiveWr) > (uint)limits.MaxWorkRequests)
        {
            return new NicError(EINVAL, $"a queue has at most {limits.MaxWorkRequests} work requests");
        }

        if (Math.Max(wish.MaxSendSge, wish.MaxReceiveSge) > (uint)limits.MaxSge)
        {
            return new NicError(EINVAL, $"a work request has at most {limits.MaxSge} elements");
        }

        return wish.MaxInlineData > (uint)limits.MaxInlineData
            ? new NicError(EINVAL, $"a work request has at most {limits.MaxInlineData} bytes of inline data, not {wish.MaxInlineData}")
            : null;
    }
}
