using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_srq_attr_mask;
using static DaxEmu.Abi.ibv_srq_type;

namespace DaxEmu.Device;

internal sealed partial class VerbsContext
{
    private readonly HandleTable<SharedReceiveQueueObject> _sharedReceiveQueues = new(int.MaxValue);

    /// <summary>create_srq.</summary>
    public NicResult CreateSharedReceiveQueue(ref Command command)
    {
        ib_uverbs_create_srq request = command.Read<ib_uverbs_create_srq>();
        return CreateSharedReceiveQueue(
            request.pd_handle, request.user_handle, request.max_wr, request.max_sge, request.srq_limit, ref command);
    }

    /// <summary>create_xsrq: only the basic type, as the rxe driver has it.</summary>
    public NicResult CreateTypedSharedReceiveQueue(ref Command command)
    {
        ib_uverbs_create_xsrq request = command.Read<ib_uverbs_create_xsrq>();
        return request.srq_type == IBV_SRQT_BASIC
            ? CreateSharedReceiveQueue(
                request.pd_handle, request.user_handle, request.max_wr, request.max_sge, request.srq_limit, ref command)
            : new NicError(EOPNOTSUPP, $"shared receive queues of type {request.srq_type} are not served, only IBV_SRQT_BASIC ({IBV_SRQT_BASIC})");
    }

    /// <summary>modify_srq: the limit, the size, or both. The reply holds the new ring's struct mminfo (daxemu/device.h).</summary>
    public NicResult ModifySharedReceiveQueue(ref Command command)
    {
        ib_uverbs_modify_srq request = command.Read<ib_uverbs_modify_srq>();
        if (!_sharedReceiveQueues.TryGet(request.srq_handle, out SharedReceiveQueueObject? srq))
        {
            return NoSharedReceiveQueue(EINVAL, request.srq_handle);
        }

        bool resizes = (request.attr_mask & IBV_SRQ_MAX_WR) != 0, arms = (request.attr_mask & IBV_SRQ_LIMIT) != 0;
        if (!resizes)
        {
            return arms ? Nic.ArmSharedReceiveQueue(srq.Queue, request.srq_limit) : NicResult.Ok;
        }

        // Before anything is changed: the client keeps its ring when the command fails.
        if (arms && request.srq_limit > Math.Min(request.max_wr, srq.Queue.Layout.Capacity))
        {
            return new NicError(EINVAL, $"a limit of {request.srq_limit} is more than the shared receive queue holds");
        }

        NicResult resized = Resize(srq, request, ref command);
        if (resized.IsOk && arms)
        {
            _ = Nic.ArmSharedReceiveQueue(srq.Queue, request.srq_limit);
        }

        return resized;
    }

    /// <summary>query_srq.</summary>
    public NicResult QuerySharedReceiveQueue(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_query_srq>().srq_handle;
        if (!_sharedReceiveQueues.TryGet(handle, out SharedReceiveQueueObject? srq))
        {
            return NoSharedReceiveQueue(EINVAL, handle);
        }

        NicResult<uint> limit = Nic.QuerySharedReceiveQueueLimit(srq.Queue);
        command.Respond(new ib_uverbs_query_srq_resp
        {
            max_wr = srq.Queue.Layout.Capacity,
            max_sge = srq.Queue.MaxSge,
            srq_limit = limit.Value,
        });
        return limit.IsOk ? NicResult.Ok : limit.Error;
    }

    /// <summary>destroy_srq: says how many events the client has read.</summary>
    public NicResult DestroySharedReceiveQueue(ref Command command)
    {
        uint handle = command.Read<ib_uverbs_destroy_srq>().srq_handle;
        if (!_sharedReceiveQueues.TryGet(handle, out SharedReceiveQueueObject? srq))
        {
            return NoSharedReceiveQueue(ENOENT, handle);
        }

        NicResult gone = Nic.DestroySharedReceiveQueue(srq.Queue);
        if (!gone.IsOk)
        {
            return gone;
        }

        ForgetCookie(srq.Queue.Cookie);
        _sharedReceiveQueues.Remove(handle);
        _quota.ReturnObject();
        DropRing(srq.Ring);
        command.Respond(new ib_uverbs_destroy_srq_resp { events_reported = srq.WithdrawEvents() });
        return NicResult.Ok;
    }

    private static NicError NoSharedReceiveQueue(int errno, uint handle) => new(errno, $"there is no shared receive queue {handle}");

    private NicResult CreateSharedReceiveQueue(
        uint domainHandle, ulong userHandle, uint maxWr, uint maxSge, uint limit, ref Command command)
    {
        if (!_domains.TryGet(domainHandle, out ProtectionDomain? domain))
        {
            return new NicError(EINVAL, $"there is no protection domain {domainHandle}");
        }

        // The kernel's RXE_MIN_SRQ_SGE.
        maxSge = Math.Max(maxSge, 1);
        if (CheckSharedReceives(maxWr, maxSge) is { } tooMuch)
        {
            return tooMuch;
        }

        if (!command.HasProviderRoom<rxe_create_srq_resp>())
        {
            return new NicError(EINVAL, "there is no room for the rxe provider's response, struct rxe_create_srq_resp");
        }

        using Rollback rollback = new();
        if (TakeObject(rollback) is { IsOk: false } refusal)
        {
            return refusal;
        }

        NicResult<RingMemory> ring = MakeRing("daxemu-srq", SharedReceiveQueueRequest.LayoutFor(maxWr, maxSge), rollback);
        if (!ring.IsOk)
        {
            return ring.Error;
        }

        NicResult<SharedReceiveQueue> queue = Nic.CreateSharedReceiveQueue(
            domain, new SharedReceiveQueueRequest(maxWr, maxSge, limit, ring.Value.Location, _services.Events.NewCookie()));
        if (!queue.IsOk)
        {
            return queue.Error;
        }

        SharedReceiveQueueObject srq = new()
        {
            Queue = queue.Value,
            Ring = ring.Value,
            UserHandle = userHandle,
            AsyncChannel = _asyncChannel!,
        };
        _sharedReceiveQueues.TryPeek(out uint handle);
        _sharedReceiveQueues.Add(srq);
        RememberCookie(queue.Value.Cookie, srq);
        rollback.Commit();
        command.Respond(new ib_uverbs_create_srq_resp
        {
            srq_handle = handle,
            max_wr = queue.Value.Layout.Capacity,
            max_sge = maxSge,
            srqn = queue.Value.Number,
        });
        command.RespondProvider(new rxe_create_srq_resp { mi = InfoOf(ring.Value), srq_num = queue.Value.Number });
        return NicResult.Ok;
    }

    private NicResult Resize(SharedReceiveQueueObject srq, in ib_uverbs_modify_srq request, ref Command command)
    {
        if (CheckSharedReceives(request.max_wr, srq.Queue.MaxSge) is { } tooMuch)
        {
            return tooMuch;
        }

        if (!command.HasProviderRoom<mminfo>())
        {
            return new NicError(EOPNOTSUPP, "modify_srq: there is no struct rxe_modify_srq_cmd to say where the new ring's struct mminfo goes");
        }

        using Rollback rollback = new();
        NicResult<RingMemory> ring = MakeRing(
            "daxemu-srq", SharedReceiveQueueRequest.LayoutFor(request.max_wr, srq.Queue.MaxSge), rollback);
        if (!ring.IsOk)
        {
            return ring.Error;
        }

        NicResult resized = Nic.ResizeSharedReceiveQueue(srq.Queue, request.max_wr, ring.Value.Location);
        if (!resized.IsOk)
        {
            return resized;
        }

        rollback.Commit();
        DropRing(srq.Ring);
        srq.Ring = ring.Value;
        command.RespondProvider(InfoOf(ring.Value));
        return NicResult.Ok;
    }

    // Before anything is computed from them: the ring's size follows from these numbers. The kernel's rxe_srq_chk_init.
    private NicError? CheckSharedReceives(uint maxWr, uint maxSge)
    {
        NicOptions limits = Nic.Options;
        if (maxWr == 0 || maxWr > (uint)limits.MaxWorkRequests)
        {
            return new NicError(EINVAL, $"a shared receive queue holds 1 to {limits.MaxWorkRequests} receives, not {maxWr}");
        }

        return maxSge > (uint)limits.MaxSge ? new NicError(EINVAL, $"a receive has at most {limits.MaxSge} elements, not {maxSge}") : null;
    }
}
