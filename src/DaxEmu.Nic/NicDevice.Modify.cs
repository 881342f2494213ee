using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_mtu;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;

namespace DaxEmu.Nic;

public sealed partial class NicDevice
{
    /// <summary>
    /// Changes a queue pair's attributes or state (ibv_modify_qp(3)), by the rules of the kernel's ib_modify_qp_is_ok. To RESET it also
    /// empties both rings.
    /// </summary>
    /// <param name="qp">The queue pair.</param>
    /// <param name="wish">The values.</param>
    /// <param name="mask">Which of them count: IBV_QP_*.</param>
    /// <returns>
    /// EINVAL, naming the attribute that is missing, not allowed here or out of range; ENETUNREACH when no port of any device has
    /// the destination's GID, as the kernel's route look-up answers.
    /// </returns>
    public NicResult ModifyQueuePair(QueuePair qp, in QpAttributes wish, uint mask)
    {
        ArgumentNullException.ThrowIfNull(qp);
        uint next;
        lock (qp.Control)
        {
            bool waits;
            lock (_lock)
            {
                if (qp.IsGone)
                {
                    return new NicError(EINVAL, $"queue pair 0x{qp.Number:x} is gone");
                }

                ref QpContext context = ref _block.QpByNumber(qp.Number);
                uint current = context.ReadState();
                if ((mask & IBV_QP_CUR_STATE) != 0 && wish.CurrentState != current)
                {
                    (string? real, string? believed) = (QpStateTable.NameOf(current), QpStateTable.NameOf(wish.CurrentState));
                    return new NicError(EINVAL, $"the queue pair is in {real}, not in {believed}");
                }

                next = (mask & IBV_QP_STATE) != 0 ? wish.State : current;
                if ((QpStateTable.Check(context.Type, current, next, mask) ?? CheckValues(qp.Domain, wish, mask)) is { } refusal)
                {
                    return refusal;
                }

                if (current == IBV_QPS_SQD && next == IBV_QPS_RTS && Volatile.Read(ref context.IsDraining) != 0)
                {
                    return new NicError(EINVAL, "the send queue is still draining");
                }

                if (!Apply(qp, ref context, wish, mask, current, next))
                {
                    (string? old, string? found) = (QpStateTable.NameOf(current), QpStateTable.NameOf(context.ReadState()));
                    return new NicError(EINVAL, $"the queue pair went from {old} to {found} meanwhile");
                }

                // To RTS: an engine that still flushes because of the old state must not meet what is posted from now on.
                waits = next == IBV_QPS_RESET || (current == IBV_QPS_SQE && next == IBV_QPS_RTS);
            }

            // Not under the lock of all: an engine may be in the middle of a long copy.
            if (waits)
            {
                _block.WaitForEngines();
            }

            if (next == IBV_QPS_RESET)
            {
                Empty(ref _block.QpByNumber(qp.Number));
            }
        }

        TellWhoMayGoOn(qp, next);
        return NicResult.Ok;
    }

    /// <summary>A queue pair's attributes and state now (ibv_query_qp(3)); EINVAL when it is gone.</summary>
    /// <param name="qp">The queue pair.</param>
    public NicResult<QpAttributes> QueryQueuePair(QueuePair qp)
    {
        ArgumentNullException.ThrowIfNull(qp);
        lock (_lock)
        {
            if (qp.IsGone)
            {
                return new NicError(EINVAL, $"queue pair 0x{qp.Number:x} is gone");
            }

            ref QpContext context = ref _block.QpByNumber(qp.Number);
            uint state = context.ReadState();
            bool draining = state == IBV_QPS_SQD && Volatile.Read(ref context.IsDraining) != 0;
            return qp.Attributes with { State = state, CurrentState = state, SendQueueDraining = draining };
        }
    }

    private static NicError? CheckRange(uint mask, uint attribute, uint value, uint least, uint most, string name) =>
        (mask & attribute) != 0 && (value < least || value > most)
            ? new NicError(EINVAL, $"{name} is {least} to {most}, not {value}")
            : null;

    private NicError? CheckValues(ProtectionDomain domain, in QpAttributes wish, uint mask) =>
        CheckRange(mask, IBV_QP_PORT, wish.PortNumber, 1, PortsOf(domain), "port_num")
        ?? CheckRange(mask, IBV_QP_PKEY_INDEX, wish.PkeyIndex, 0, 0, "pkey_index")
        ?? CheckRange(mask, IBV_QP_PATH_MTU, wish.PathMtu, IBV_MTU_256, IBV_MTU_4096, "path_mtu")
        ?? CheckRange(mask, IBV_QP_TIMEOUT, wish.Timeout, 0, 31, "timeout")
        ?? CheckRange(mask, IBV_QP_RETRY_CNT, wish.RetryCount, 0, 7, "retry_cnt")
        ?? CheckRange(mask, IBV_QP_RNR_RETRY, wish.RnrRetry, 0, 7, "rnr_retry")
        ?? CheckRange(mask, IBV_QP_MIN_RNR_TIMER, wish.MinRnrTimer, 0, 31, "min_rnr_timer")
        ?? CheckRange(mask, IBV_QP_MAX_QP_RD_ATOMIC, wish.MaxReadAtomic, 0, (uint)_options.MaxReadAtomic, "max_rd_atomic")
        ?? CheckRange(mask, IBV_QP_MAX_DEST_RD_ATOMIC, wish.MaxDestinationReadAtomic, 0, (uint)_options.MaxReadAtomic, "max_dest_rd_atomic")
        ?? CheckRange(mask, IBV_QP_DEST_QPN, wish.DestinationQpNumber, 0, 0xff_ffff, "dest_qp_num")
        ?? ((mask & IBV_QP_AV) != 0 ? CheckPath(domain, wish.Path) : null);

    // The kernel's rdma_check_ah_attr and ib_resolve_eth_dmac: RoCE has no path without a global route, and one whose address cannot be
    // routed to fails with the error of ip_route_output_key.
    private NicError? CheckPath(ProtectionDomain domain, in AddressVector path, bool mayBeMulticast = false)
    {
        if (!path.IsGlobal)
        {
            return new NicError(EINVAL, "RoCE needs a global route: ah_attr.is_global is not set");
        }

        if (path.PortNumber < 1 || path.PortNumber > PortsOf(domain))
        {
            return new NicError(EINVAL, $"ah_attr.port_num is 1 to {PortsOf(domain)}, not {path.PortNumber}");
        }

        if (GidOf(domain, path.PortNumber, path.SourceGidIndex).IsEmpty)
        {
            return new NicError(EINVAL, $"port {path.PortNumber} has no GID at grh.sgid_index {path.SourceGidIndex}");
        }

        return IsReachable(path.DestinationGid) || (mayBeMulticast && path.DestinationGid.IsMulticast)
            ? null
            : new NicError(ENETUNREACH, $"no port of any device has the destination's GID {path.DestinationGid}");
    }

    private static bool Apply(QueuePair qp, ref QpContext context, in QpAttributes wish, uint mask, uint current, uint next)
    {
        if (next == IBV_QPS_RESET)
        {
            Volatile.Write(ref context.State, IBV_QPS_RESET);
            qp.Attributes = default;
            return true;
        }

        qp.Attributes = qp.Attributes.UpdatedBy(wish, mask);
        WriteAttributes(ref context, qp.Attributes);
        if (next == current)
        {
            return true;
        }

        if (next == IBV_QPS_ERR)
        {
            _ = context.TryFail();
            return true;
        }

        if (next == IBV_QPS_SQD)
        {
            context.NotifyDrained = (mask & IBV_QP_EN_SQD_ASYNC_NOTIFY) != 0 && wish.NotifySendQueueDrained ? 1U : 0;
            Volatile.Write(ref context.IsDraining, 1);
        }

        // A full barrier: an engine that sees the state sees the attributes. Fails only when an engine found an error meanwhile.
        return Interlocked.CompareExchange(ref context.State, next, current) == current;
    }

    // IBTA 10.3.1.1: outstanding work requests are removed without completions. No engine works on it any more.
    private void Empty(ref QpContext context)
    {
        context.Epoch++;
        context.DestinationNumber = 0;
        context.IsDraining = 0;
        context.FlushBackoff = 0;
        context.HasTakenReceive = 0;
        context.SaidLastReceive = 0;
        context.IsEstablished = 0;
        context.Operation = default;
        context.Send.Index = 0;
        context.Receive.Index = 0;
        if (SharedRing.TryOpen(_mappings, context.Send, out SharedRing send))
        {
            send.Initialise();
        }

        if (SharedRing.TryOpen(_mappings, context.Receive, out SharedRing receive))
        {
            receive.Initialise();
        }
    }

    private static void WriteAttributes(ref QpContext context, in QpAttributes attributes)
    {
        context.Qkey = attributes.Qkey;
        context.AccessFlags = attributes.AccessFlags;
        context.DestinationNumber = attributes.DestinationQpNumber;
        context.Timeout = attributes.Timeout;
        context.RetryCount = attributes.RetryCount;
        context.RnrRetry = attributes.RnrRetry;
        context.MinRnrTimer = attributes.MinRnrTimer;
        context.MaxReadAtomic = attributes.MaxReadAtomic;
        context.MaxDestinationReadAtomic = attributes.MaxDestinationReadAtomic;
    }

    // Ready to receive: the peer may be waiting for that. Otherwise the queue pair itself may have something to send, stop or flush.
    private void TellWhoMayGoOn(QueuePair qp, uint state)
    {
        if (state is IBV_QPS_RTS or IBV_QPS_SQD or IBV_QPS_ERR)
        {
            _events.DrainNeeded(qp.Number, qp.Request.Cookie);
        }

        if (state == IBV_QPS_RTR && FindQueuePair(qp.Attributes.DestinationQpNumber) is { } peer)
        {
            _events.DrainNeeded(peer.Number, peer.Request.Cookie);
        }
    }
}
