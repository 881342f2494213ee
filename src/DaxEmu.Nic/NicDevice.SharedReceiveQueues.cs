using static DaxEmu.Abi.errno;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    private readonly IndexPool _sharedReceiveQueueIndices;
    private readonly SharedReceiveQueue?[] _sharedReceiveQueues;

    /// <summary>Creates a shared receive queue (ibv_create_srq(3)) and writes its ring's header.</summary>
    /// <param name="domain">Its protection domain.</param>
    /// <param name="request">The wish.</param>
    /// <returns>It; EINVAL for capacities of 0 or above the limits or a bad ring, ENOMEM at the limit.</returns>
    public NicResult<SharedReceiveQueue> CreateSharedReceiveQueue(ProtectionDomain domain, SharedReceiveQueueRequest request)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(request);
        if (CheckSharedReceives(request.MaxWr) is { } tooMuch)
        {
            return tooMuch;
        }

        if (request.MaxSge == 0 || request.MaxSge > (uint)_options.MaxSge)
        {
            return new NicError(EINVAL, $"a receive has 1 to {_options.MaxSge} elements, not {request.MaxSge}");
        }

        RingContext ring = RingContext.Of(request.Ring, request.Layout);
        if (InitialiseRing(ring, "shared receive") is { } refusal)
        {
            return refusal;
        }

        lock (_lock)
        {
            if (domain.IsGone)
            {
                return new NicError(EINVAL, $"protection domain {domain.Number} is gone");
            }

            if (!_sharedReceiveQueueIndices.TryTake(out uint number))
            {
                return new NicError(ENOMEM, $"all {_options.MaxSharedReceiveQueues} shared receive queues are in use");
            }

            domain.Uses++;
            _block.Srq(number) = new SrqContext { Ring = ring, MaxSge = request.MaxSge, Limit = request.Limit, Cookie = request.Cookie };
            return _sharedReceiveQueues[number] = new SharedReceiveQueue(_block, number, domain, request);
        }
    }

    /// <summary>Arms the limit event of a shared receive queue (ibv_modify_srq(3), IBV_SRQ_LIMIT).</summary>
    /// <param name="srq">The queue.</param>
    /// <param name="limit">The event is raised once when fewer receives than this are left; 0 disarms.</param>
    /// <returns>EINVAL when the queue is gone, in error or holds less than the limit.</returns>
    public NicResult ArmSharedReceiveQueue(SharedReceiveQueue srq, uint limit)
    {
        ArgumentNullException.ThrowIfNull(srq);
        lock (_lock)
        {
            if (CheckUsable(srq) is { } refusal)
            {
                return refusal;
            }

            if (limit > srq.Layout.Capacity)
            {
                return new NicError(EINVAL, $"shared receive queue {srq.Number} holds {srq.Layout.Capacity} receives, less than a limit of {limit}");
            }

            ref SrqContext context = ref _block.Srq(srq.Number);
            SpinWord.Acquire(ref context.Lock);
            context.Limit = limit;
            SpinWord.Release(ref context.Lock);
            return NicResult.Ok;
        }
    }

    /// <summary>
    /// Gives a shared receive queue another ring (ibv_modify_srq(3), IBV_SRQ_MAX_WR): receives posted so far move there in order. When it
    /// returns no engine touches the old ring. The program must not post meanwhile.
    /// </summary>
    /// <param name="srq">The queue.</param>
    /// <param name="maxWr">Receives it must hold.</param>
    /// <param name="location">Where the new ring lies: <see cref="SharedReceiveQueueRequest.LayoutFor"/> bytes.</param>
    /// <returns>EINVAL when the queue is gone or in error, for a bad ring, or when the limit or what is posted is more than fits.</returns>
    public NicResult ResizeSharedReceiveQueue(SharedReceiveQueue srq, uint maxWr, RingLocation location)
    {
        ArgumentNullException.ThrowIfNull(srq);
        if (CheckSharedReceives(maxWr) is { } tooMuch)
        {
            return tooMuch;
        }

        RingLayout layout = SharedReceiveQueueRequest.LayoutFor(maxWr, srq.MaxSge);
        RingContext ring = RingContext.Of(location, layout);
        if (InitialiseRing(ring, "shared receive") is { } badRing)
        {
            return badRing;
        }

        lock (_lock)
        {
            if (CheckUsable(srq) is { } refusal)
            {
                return refusal;
            }

            ref SrqContext context = ref _block.Srq(srq.Number);
            SpinWord.Acquire(ref context.Lock);
            bool fits = maxWr >= context.Limit && RingMove.TryMoveWork(_mappings, ref context.Ring, ring);
            SpinWord.Release(ref context.Lock);
            if (!fits)
            {
                return new NicError(EINVAL, $"{maxWr} receives are less than shared receive queue {srq.Number} has posted, or than its limit");
            }

            srq.Layout = layout;
            return NicResult.Ok;
        }
    }

    /// <summary>The limit that a shared receive queue is armed for now, 0 when it is not (ibv_query_srq(3)); EINVAL when it is gone.</summary>
    /// <param name="srq">The queue.</param>
    public NicResult<uint> QuerySharedReceiveQueueLimit(SharedReceiveQueue srq)
    {
        ArgumentNullException.ThrowIfNull(srq);
        lock (_lock)
        {
            return CheckUsable(srq) is { } refusal ? refusal : Volatile.Read(ref _block.Srq(srq.Number).Limit);
        }
    }

    /// <summary>Destroys a shared receive queue (ibv_destroy_srq(3)). When it returns no engine touches its ring any more.</summary>
    /// <param name="srq">The queue.</param>
    /// <returns>EBUSY while a queue pair uses it, EINVAL when it is gone already.</returns>
    public NicResult DestroySharedReceiveQueue(SharedReceiveQueue srq)
    {
        ArgumentNullException.ThrowIfNull(srq);
        lock (_lock)
        {
            if (srq.IsGone)
            {
                return new NicError(EINVAL, $"shared receive queue {srq.Number} is gone already");
            }

            if (srq.Uses != 0)
            {
                return new NicError(EBUSY, $"shared receive queue {srq.Number} still has {srq.Uses} queue pairs attached");
            }

            srq.IsGone = true;
            srq.Domain.Uses--;
            _sharedReceiveQueues[srq.Number] = null;
            _sharedReceiveQueueIndices.Return(srq.Number);
            return NicResult.Ok;
        }
    }

    // The kernel's rxe_srq_chk_attr refuses all changes of a queue in error.
    private static NicError? CheckUsable(SharedReceiveQueue srq)
    {
        if (srq.IsGone)
        {
            return new NicError(EINVAL, $"shared receive queue {srq.Number} is gone");
        }

        return srq.IsInError ? new NicError(EINVAL, $"shared receive queue {srq.Number} is in error") : null;
    }

    private NicError? CheckSharedReceives(uint maxWr) => maxWr == 0 || maxWr > (uint)_options.MaxWorkRequests
        ? new NicError(EINVAL, $"a shared receive queue holds 1 to {_options.MaxWorkRequests} receives, not {maxWr}")
        : null;
}
