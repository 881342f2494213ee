using DaxEmu.Abi;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_placement_type;
using static DaxEmu.Abi.ib_selectivity_level;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic;

/// <summary>
/// The FLUSH operation (IBTA annex A19): what earlier work requests of the queue pair wrote becomes visible to all, or durable, before it
/// completes. Earlier work requests are over by then, for a queue pair carries out one after the other.
/// </summary>
/// <param name="block">The NIC's state.</param>
/// <param name="regions">Resolves keys.</param>
/// <param name="responder">The other side.</param>
/// <param name="persistence">Makes memory durable; null when nothing can.</param>
/// <param name="events">Gets failures.</param>
internal sealed unsafe class RemoteFlush(
    NicBlock block, RegionAccess regions, Responder responder, IPersistence? persistence, PendingEvents events)
{
    // Its end raises an event; this is for the case that the event finds nobody.
    private const long LookAgain = 100_000_000;

    private const uint Types = IB_FLUSH_GLOBAL | IB_FLUSH_PERSISTENT;

    /// <summary>What the requester finds itself: a flush of nothing known.</summary>
    public static uint CheckLocal(ref QpContext qp, rxe_send_wqe* work)
    {
        uint type = work->wr.wr_flush_type;
        if (type == 0 || (type & ~Types) != 0 || work->wr.wr_flush_level > IB_FLUSH_MR)
        {
            return IBV_WC_LOC_QP_OP_ERR;
        }

        // As the kernel's rxe_req.c: the length is that of the (empty) local side.
        qp.Operation.Length = work->wr.wr_flush_level == IB_FLUSH_RANGE ? work->dma.length : 0;
        return IBV_WC_SUCCESS;
    }

    /// <summary>Goes on with the current operation; the kernel's check_rkey and process_flush.</summary>
    public Step Run(ref QpContext qp, ref QpContext peer, rxe_send_wqe* work, long now)
    {
        uint type = work->wr.wr_flush_type;
        uint access = ((type & IB_FLUSH_GLOBAL) != 0 ? IB_UVERBS_ACCESS_FLUSH_GLOBAL : 0)
            | ((type & IB_FLUSH_PERSISTENT) != 0 ? IB_UVERBS_ACCESS_FLUSH_PERSISTENT : 0);
        if ((peer.AccessFlags & access) != access || peer.MaxDestinationReadAtomic == 0)
        {
            return Step.Ended(responder.RefuseRequest(ref peer));
        }

        // Looked up at each turn: the region may go away while its bytes are being made durable.
        if (!regions.TryFind(work->wr.wr_flush_rkey, peer.Domain, access, qp.DestinationNumber, out RegionContext extent)
            || !TryCut(work, qp.Operation.Length, extent, out MappedRange range))
        {
            return Step.Ended(responder.RefuseAccess(ref peer));
        }

        Interlocked.MemoryBarrier();
        return (type & IB_FLUSH_PERSISTENT) == 0 || range.Length == 0
            ? Step.Ended(IBV_WC_SUCCESS)
            : Persist(ref qp, ref peer, range, extent, now);
    }

    // A flush of a whole region sets neither address nor length.
    private static bool TryCut(rxe_send_wqe* work, ulong length, in RegionContext extent, out MappedRange range)
    {
        range = new MappedRange(extent.Mapping, extent.Offset, extent.Length);
        if (work->wr.wr_flush_level == IB_FLUSH_MR)
        {
            return true;
        }

        bool isInside = extent.TryOffset(work->wr.wr_flush_remote_addr, length, out ulong offset);
        range = new MappedRange(extent.Mapping, extent.Offset + offset, length);
        return isInside;
    }

    private Step Persist(ref QpContext qp, ref QpContext peer, MappedRange range, in RegionContext extent, long now)
    {
        int errno = EOPNOTSUPP;
        PersistState state = persistence is null
            ? PersistState.Failed
            : persistence.Persist(qp.Number & block.QpIndexMask, qp.Number, qp.Cookie, range, ref qp.Operation.FlushTicket, out errno);
        switch (state)
        {
            case PersistState.Durable:
                return Step.Ended(IBV_WC_SUCCESS);
            case PersistState.UnderWay:
                return Step.Waits(now + LookAgain);
            default:
                uint key = extent.RegionKey == 0 ? extent.Key : extent.RegionKey;
                events.FlushFailed(key, range.Offset - block.RegionByKey(key).Offset, errno);
                return Step.Ended(responder.FailOperation(ref peer));
        }
    }
}
