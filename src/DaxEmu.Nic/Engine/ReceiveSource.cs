using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_event_type;

namespace DaxEmu.Nic;

/// <summary>
/// Where a queue pair's receives come from: a ring of its own, where the receive in use stays at the head until it is completed, or a shared
/// receive queue, from which it is taken at once, so that the other queue pairs go on with the next. The caller holds the queue pair's
/// receive lock.
/// </summary>
/// <param name="block">The NIC's state.</param>
/// <param name="mappings">Where rings lie.</param>
/// <param name="events">Gets the events of shared receive queues.</param>
internal sealed unsafe class ReceiveSource(NicBlock block, MappingTable mappings, PendingEvents events)
{
    /// <summary>Copies the receive that the next message goes to. Until it is completed, the same one comes again.</summary>
    public FetchResult Take(ref QpContext qp, rxe_recv_wqe* receive)
    {
        if (qp.UsesSharedReceives)
        {
            rxe_recv_wqe* taken = TakenBy(qp);
            FetchResult result = qp.HasTakenReceive != 0 ? FetchResult.Fetched : TakeShared(ref qp, taken);
            if (result == FetchResult.Fetched)
            {
                Copy(taken, receive, qp.MaxReceiveSge);
                result = IsWellFormed(taken, qp.MaxReceiveSge);
            }

            return result;
        }

        if (!TryLook(qp.Receive, out SharedRing ring, out uint pending))
        {
            return FetchResult.Broken;
        }

        if (pending == 0)
        {
            return FetchResult.Empty;
        }

        CopyOut(ring, qp.Receive.Index, receive, qp.MaxReceiveSge);
        return IsWellFormed(receive, qp.MaxReceiveSge);
    }

    /// <summary>The receive in use is about to be completed: the next message takes another.</summary>
    public void Complete(ref QpContext qp)
    {
        if (qp.UsesSharedReceives)
        {
            qp.HasTakenReceive = 0;
            return;
        }

        qp.Receive.Index = (qp.Receive.Index + 1) & qp.Receive.IndexMask;
        if (SharedRing.TryOpen(mappings, qp.Receive, out SharedRing ring))
        {
            ring.PublishConsumer(qp.Receive.Index);
        }
    }

    /// <summary>
    /// The next receive that a queue pair in error has to flush; false when there is none. What is still in a shared receive queue is not
    /// its own (IBTA 10.2.9.3).
    /// </summary>
    public bool TryNextToFlush(in QpContext qp, out ulong id)
    {
        id = 0;
        rxe_recv_wqe receive;
        if (qp.UsesSharedReceives)
        {
            id = TakenBy(qp)->wr_id;
            return qp.HasTakenReceive != 0;
        }

        if (!TryLook(qp.Receive, out SharedRing ring, out uint pending) || pending == 0)
        {
            return false;
        }

        ring.CopyOut(qp.Receive.Index, 0, &receive, RingLayout.ReceiveWqeBytes);
        id = receive.wr_id;
        return true;
    }

    private FetchResult TakeShared(ref QpContext qp, rxe_recv_wqe* taken)
    {
        uint number = qp.SharedReceives - 1;
        ref SrqContext srq = ref block.Srq(number);
        SpinWord.Acquire(ref srq.Lock);
        FetchResult result = TakeLocked(ref srq, number, taken);
        SpinWord.Release(ref srq.Lock);
        if (result == FetchResult.Fetched)
        {
            qp.HasTakenReceive = 1;
        }

        return result;
    }

    private FetchResult TakeLocked(ref SrqContext srq, uint number, rxe_recv_wqe* taken)
    {
        if (srq.Error != 0)
        {
            return FetchResult.Broken;
        }

        if (!TryLook(srq.Ring, out SharedRing ring, out uint pending))
        {
            srq.Error = 1;
            events.Async(IBV_EVENT_SRQ_ERR, number, srq.Cookie);
            return FetchResult.Broken;
        }

        if (pending == 0)
        {
            return FetchResult.Empty;
        }

        CopyOut(ring, srq.Ring.Index, taken, srq.MaxSge);
        srq.Ring.Index = (srq.Ring.Index + 1) & srq.Ring.IndexMask;
        ring.PublishConsumer(srq.Ring.Index);
        if (pending - 1 < srq.Limit)
        {
            // Once: ibv_modify_srq(3) arms it anew.
            srq.Limit = 0;
            events.Async(IBV_EVENT_SRQ_LIMIT_REACHED, number, srq.Cookie);
        }

        return FetchResult.Fetched;
    }

    private bool TryLook(in RingContext context, out SharedRing ring, out uint pending)
    {
        pending = 0;
        if (!SharedRing.TryOpen(mappings, context, out ring))
        {
            return false;
        }

        uint producer = ring.ReadProducer();
        pending = (producer - context.Index) & context.IndexMask;
        return producer <= context.IndexMask;
    }

    // Sizes are taken from the copy: the client can change the ring at any time.
    private static void CopyOut(in SharedRing ring, uint index, rxe_recv_wqe* receive, uint mostElements)
    {
        ring.CopyOut(index, 0, receive, RingLayout.ReceiveWqeBytes);
        ring.CopyOut(index, RingLayout.ReceiveWqeBytes, receive + 1, ElementBytes(receive, mostElements));
    }

    private static void Copy(rxe_recv_wqe* from, rxe_recv_wqe* to, uint mostElements)
    {
        uint bytes = RingLayout.ReceiveWqeBytes + ElementBytes(from, mostElements);
        Buffer.MemoryCopy(from, to, bytes, bytes);
    }

    private static uint ElementBytes(rxe_recv_wqe* receive, uint mostElements) =>
        Math.Min(receive->dma.num_sge, mostElements) * (uint)sizeof(rxe_sge);

    private static FetchResult IsWellFormed(rxe_recv_wqe* receive, uint mostElements) =>
        receive->dma.num_sge > mostElements ? FetchResult.Malformed : FetchResult.Fetched;

    private rxe_recv_wqe* TakenBy(in QpContext qp) => block.TakenReceive(qp.Number & block.QpIndexMask);
}
