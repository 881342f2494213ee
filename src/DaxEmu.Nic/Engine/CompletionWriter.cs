using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic;

/// <summary>Adds completions to completion queues.</summary>
/// <param name="block">The NIC's state.</param>
/// <param name="mappings">Where rings lie.</param>
/// <param name="events">Gets completion events and errors.</param>
internal sealed unsafe class CompletionWriter(NicBlock block, MappingTable mappings, PendingEvents events)
{
    private enum Outcome
    {
        Added,
        AddedWithEvent,
        Overflowed,
        Lost,
    }

    /// <summary>
    /// Adds a completion. When there is no room the queue goes to the error state with all its queue pairs and takes nothing more (IBTA
    /// 11.6.3.2, CQ error). What was there stays.
    /// </summary>
    /// <returns>False when it was lost.</returns>
    public bool Post(uint cqNumber, in ib_uverbs_wc completion, bool isSolicited)
    {
        ref CqContext cq = ref block.Cq(cqNumber);
        SpinWord.Acquire(ref cq.Lock);
        Outcome outcome = Add(ref cq, completion, isSolicited);
        SpinWord.Release(ref cq.Lock);

        if (outcome == Outcome.AddedWithEvent)
        {
            events.Completion(cqNumber, cq.Cookie);
        }

        if (outcome == Outcome.Overflowed)
        {
            FailUsersOf(cqNumber, cq.Cookie);
        }

        if (outcome == Outcome.Lost)
        {
            // It was in RESET when the queue failed, or came later: it must not go on without completions.
            Fail(ref block.QpByNumber(completion.qp_num));
        }

        return outcome <= Outcome.AddedWithEvent;
    }

    private Outcome Add(ref CqContext cq, in ib_uverbs_wc completion, bool isSolicited)
    {
        if (cq.Error != 0)
        {
            cq.Lost++;
            return Outcome.Lost;
        }

        if (!SharedRing.TryOpen(mappings, cq.Ring, out SharedRing ring) || !HasRoom(ref cq, ring))
        {
            cq.Lost++;
            Volatile.Write(ref cq.Error, 1);
            return Outcome.Overflowed;
        }

        *(ib_uverbs_wc*)ring.Element(cq.Ring.Index) = completion;
        cq.Ring.Index = (cq.Ring.Index + 1) & cq.Ring.IndexMask;
        ring.PublishProducer(cq.Ring.Index);

        // IBTA 11.4.2.2: a completion in error counts as solicited.
        CqNotification wanted = isSolicited || completion.status != IBV_WC_SUCCESS ? CqNotification.Solicited : CqNotification.Any;
        cq.Added++;
        cq.LastSolicited = wanted == CqNotification.Solicited ? cq.Added : cq.LastSolicited;
        if (cq.Notification < wanted)
        {
            return Outcome.Added;
        }

        cq.Notification = CqNotification.None;
        cq.LastTold = cq.Added;
        return Outcome.AddedWithEvent;
    }

    // The client's index must lie between where it was and where we are; anything else is a scribble, and there is no telling what is free.
    private static bool HasRoom(ref CqContext cq, in SharedRing ring)
    {
        uint consumer = ring.ReadConsumer();
        uint mask = cq.Ring.IndexMask;
        uint unread = (cq.Ring.Index - consumer) & mask;
        if (consumer > mask || unread > ((cq.Ring.Index - cq.LastConsumer) & mask))
        {
            return false;
        }

        cq.LastConsumer = consumer;
        return unread < mask;
    }

    private void FailUsersOf(uint cqNumber, ulong cookie)
    {
        events.Async(IBV_EVENT_CQ_ERR, cqNumber, cookie);
        for (uint index = 0U; index < (uint)block.Header.QueuePairs; index++)
        {
            ref QpContext qp = ref block.QpByIndex(index);
            if (Volatile.Read(ref qp.Number) != 0 && (qp.SendCq == cqNumber || qp.ReceiveCq == cqNumber))
            {
                Fail(ref qp);
            }
        }
    }

    private void Fail(ref QpContext qp)
    {
        if (qp.TryFail())
        {
            events.Async(IBV_EVENT_QP_FATAL, qp.Number, qp.Cookie);
            events.Drain(qp);
        }
    }
}
