using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    private readonly IndexPool _queuePairIndices;
    private readonly QueuePair?[] _queuePairs;
    private readonly uint[] _generations;

    /// <summary>Creates a queue pair in the RESET state (ibv_create_qp(3)) and writes its rings' headers.</summary>
    /// <param name="domain">Its protection domain.</param>
    /// <param name="request">The wish.</param>
    /// <returns>
    /// It; EOPNOTSUPP for a type that is not served, EINVAL for capacities above the limits or bad rings, ENOMEM at the limit.
    /// </returns>
    public NicResult<QueuePair> CreateQueuePair(ProtectionDomain domain, QueuePairRequest request)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(request);
        if (!QpStateTable.Knows(request.Type))
        {
            return new NicError(EOPNOTSUPP, $"queue pairs of type {request.Type} are not served, only RC ({IBV_QPT_RC}), UC and UD");
        }

        if (CheckCapabilities(request) is { } tooMuch)
        {
            return tooMuch;
        }

        RingContext send = RingContext.Of(request.SendRing, request.Capabilities.SendRing);
        bool isShared = request.SharedReceives is not null;
        RingContext receive = isShared ? RingContext.None : RingContext.Of(request.ReceiveRing, request.Capabilities.ReceiveRing);
        if ((InitialiseRing(send, "send") ?? (isShared ? null : InitialiseRing(receive, "receive"))) is { } badRing)
        {
            return badRing;
        }

        lock (_lock)
        {
            if (domain.IsGone || request.SendCq.IsGone || request.ReceiveCq.IsGone || request.SharedReceives is { IsGone: true })
            {
                return new NicError(EINVAL, "the protection domain, a completion queue or the shared receive queue is gone");
            }

            if (request.SendCq.IsInError || request.ReceiveCq.IsInError)
            {
                return new NicError(EINVAL, "a completion queue is in error: it would take no completions of the queue pair");
            }

            if (!_queuePairIndices.TryTake(out uint index))
            {
                return new NicError(ENOMEM, $"all {_options.MaxQueuePairs} queue pairs are in use");
            }

            domain.Uses++;
            request.SendCq.Uses++;
            request.ReceiveCq.Uses++;
            if (request.SharedReceives is { } attached)
            {
                attached.Uses++;
            }

            uint number = NextNumber(index);
            ref QpContext context = ref _block.QpByIndex(index);
            context = new QpContext
            {
                State = IBV_QPS_RESET,
                Type = request.Type,
                Device = (uint)domain.Device,
                Domain = domain.Number,
                SendCq = request.SendCq.Number,
                ReceiveCq = request.ReceiveCq.Number,
                SignalAll = request.SignalAll ? 1U : 0,
                MaxSendSge = request.Capabilities.MaxSendSge,
                MaxReceiveSge = request.SharedReceives?.MaxSge ?? request.Capabilities.MaxReceiveSge,
                ReceiveDomain = (request.SharedReceives?.Domain ?? domain).Number,
                SharedReceives = request.SharedReceives is { } srq ? srq.Number + 1 : 0,
                MaxInlineData = request.Capabilities.MaxInlineData,
                Cookie = request.Cookie,
                Send = send,
                Receive = receive,
            };
            // Release: an engine that reads the number (acquire) sees the fields above.
            Volatile.Write(ref context.Number, number);
            return _queuePairs[index] = new QueuePair(_block, number, domain, request);
        }
    }

    /// <summary>
    /// Destroys a queue pair (ibv_destroy_qp(3)). When it returns no engine touches its rings, or memory on its behalf, any more.
    /// A peer that is connected to it finds out when it sends; when its process died, at once. One over an unreliable connection never
    /// does.
    /// </summary>
    /// <param name="qp">The queue pair.</param>
    /// <param name="abandoned">Its process died: the connected peer goes to the error state with IBV_EVENT_QP_FATAL.</param>
    /// <returns>EINVAL when it is gone already.</returns>
    public NicResult DestroyQueuePair(QueuePair qp, bool abandoned = false)
    {
        ArgumentNullException.ThrowIfNull(qp);
        uint peer;
        lock (qp.Control)
        {
            lock (_lock)
            {
                if (qp.IsGone)
                {
                    return new NicError(EINVAL, $"queue pair 0x{qp.Number:x} is gone already");
                }

                qp.IsGone = true;
                LeaveAllGroups(qp);
                ref QpContext context = ref _block.QpByNumber(qp.Number);
                peer = context.DestinationNumber;
                // Pairs with the engines' look at the number: see WaitForEngines.
                Volatile.Write(ref context.Number, 0);
            }

            _block.WaitForEngines();
        }

        if (abandoned)
        {
            FailPeer(qp.Number, peer);
        }

        lock (_lock)
        {
            uint index = qp.Number & _block.QpIndexMask;
            if (_block.QpByIndex(index).BoundWindows != 0)
            {
                FreeWindowsOf(qp.Number);
            }

            _queuePairs[index] = null;
            _queuePairIndices.Return(index);
            qp.Domain.Uses--;
            qp.Request.SendCq.Uses--;
            qp.Request.ReceiveCq.Uses--;
            if (qp.Request.SharedReceives is { } srq)
            {
                srq.Uses--;
            }

            return NicResult.Ok;
        }
    }

    /// <summary>The queue pair that has a number now, or null.</summary>
    public QueuePair? FindQueuePair(uint number)
    {
        lock (_lock)
        {
            uint index = number & _block.QpIndexMask;
            return index < (uint)_queuePairs.Length && _queuePairs[index] is { IsGone: false } qp && qp.Number == number ? qp : null;
        }
    }

    // The kernel's rxe_qp_chk_cap: what is asked for the receive queue does not count where there is none.
    private NicError? CheckCapabilities(QueuePairRequest request)
    {
        QpCapabilities wish = request.SharedReceives is null
            ? request.Capabilities
            : request.Capabilities with { MaxReceiveWr = 0, MaxReceiveSge = 0 };
        uint depth = Math.Max(wish.MaxSendWr, wish.MaxReceiveWr);
        if (depth > (uint)_options.MaxWorkRequests)
        {
            return new NicError(EINVAL, $"a queue has at most {_options.MaxWorkRequests} work requests, not {depth}");
        }

        uint elements = Math.Max(wish.MaxSendSge, wish.MaxReceiveSge);
        if (elements > (uint)_options.MaxSge)
        {
            return new NicError(EINVAL, $"a work request has at most {_options.MaxSge} elements, not {elements}");
        }

        int mostInline = Math.Max(_options.MaxInlineData, _options.MaxSge * 16);
        return wish.MaxInlineData > (uint)mostInline
            ? new NicError(EINVAL, $"a work request has at most {mostInline} bytes of inline data, not {wish.MaxInlineData}")
            : null;
    }

    // Index below, generation above. 0 and 1 are the management queue pairs, 0xffffff is multicast: the generation is never
    // all zeros or all ones, so none of them comes up.
    private uint NextNumber(uint index)
    {
        int bits = _block.Header.QpIndexBits;
        uint last = (1U << (24 - bits)) - 2;
        _generations[index] = _generations[index] >= last ? 1 : _generations[index] + 1;
        return (_generations[index] << bits) | index;
    }

    private void FailPeer(uint number, uint peerNumber)
    {
        ref QpContext peer = ref _block.QpByNumber(peerNumber);
        ulong cookie;
        lock (_lock)
        {
            if (peerNumber == 0 || Volatile.Read(ref peer.Number) != peerNumber || peer.DestinationNumber != number
                || peer.Type != IBV_QPT_RC || !peer.TryFail())
            {
                return;
            }

            cookie = peer.Cookie;
        }

        _events.AsyncEvent(IBV_EVENT_QP_FATAL, peerNumber, cookie);
        _events.DrainNeeded(peerNumber, cookie);
    }
}
