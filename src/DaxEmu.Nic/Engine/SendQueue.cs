using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_wc_opcode;
using static DaxEmu.Abi.ib_uverbs_wr_opcode;
using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic;

/// <summary>Takes work requests from a send ring and completes them. The caller holds the send queue's lock.</summary>
/// <param name="block">The NIC's state.</param>
/// <param name="mappings">Where rings lie.</param>
/// <param name="completions">Gets completions.</param>
internal sealed unsafe class SendQueue(NicBlock block, MappingTable mappings, CompletionWriter completions)
{
    /// <summary>
    /// Copies the work request at the head into the queue pair's area and makes it the current operation. Sizes are taken from the copy:
    /// the client can change the ring at any time. A malformed one is fetched too, for <see cref="Requester"/> to refuse.
    /// </summary>
    public FetchResult Fetch(ref QpContext qp, uint index)
    {
        if (!TryLook(ref qp, out SharedRing ring, out uint pending))
        {
            return FetchResult.Broken;
        }

        if (pending == 0)
        {
            return FetchResult.Empty;
        }

        rxe_send_wqe* work = block.SendArea(index);
        ring.CopyOut(qp.Send.Index, 0, work, RingLayout.SendWqeBytes);
        bool isInline = IsInline(work);
        uint payload = isInline
            ? Math.Min(work->dma.length, qp.MaxInlineData)
            : Math.Min(work->dma.num_sge, qp.MaxSendSge) * (uint)sizeof(rxe_sge);
        ring.CopyOut(qp.Send.Index, RingLayout.SendWqeBytes, work + 1, payload);
        qp.Operation = new Operation { IsActive = 1, IsInline = isInline ? 1U : 0, RnrRetriesLeft = qp.RnrRetry };
        return FetchResult.Fetched;
    }

    /// <summary>Takes the head off the ring and adds its completion if it wants one or failed.</summary>
    public void Complete(ref QpContext qp, in rxe_send_wr work, uint status, uint byteLength)
    {
        // The consumer index first: a program that sees the completion must find room for its next post.
        qp.Send.Index = (qp.Send.Index + 1) & qp.Send.IndexMask;
        if (SharedRing.TryOpen(mappings, qp.Send, out SharedRing ring))
        {
            ring.PublishConsumer(qp.Send.Index);
        }

        if (status == IBV_WC_SUCCESS && qp.SignalAll == 0 && (work.send_flags & IBV_SEND_SIGNALED) == 0)
        {
            return;
        }

        ib_uverbs_wc completion = new()
        {
            wr_id = work.wr_id,
            status = status,
            opcode = CompletionOpcode(work.opcode),
            byte_len = byteLength,
            qp_num = qp.Number,
            port_num = 1,
        };
        _ = completions.Post(qp.SendCq, completion, isSolicited: false);
    }

    /// <summary>Completes the head, whatever it is, as flushed; false when the ring is empty or broken.</summary>
    public bool TryFlushOne(ref QpContext qp)
    {
        if (!TryLook(ref qp, out SharedRing ring, out uint pending) || pending == 0)
        {
            return false;
        }

        rxe_send_wr work;
        ring.CopyOut(qp.Send.Index, 0, &work, (uint)sizeof(rxe_send_wr));
        qp.Operation = default;
        Complete(ref qp, work, IBV_WC_WR_FLUSH_ERR, byteLength: 0);
        return true;
    }

    // The v44 provider's extended path does not set the flag: data without elements is inline there. It has no RDMA READ or atomic form.
    private static bool IsInline(rxe_send_wqe* work) =>
        (work->wr.send_flags & IBV_SEND_INLINE) != 0 || (work->dma.num_sge == 0 && work->dma.length > 0 && work->wr.opcode != IB_UVERBS_WR_FLUSH);

    private static uint CompletionOpcode(uint opcode) => opcode switch
    {
        IBV_WR_RDMA_WRITE or IBV_WR_RDMA_WRITE_WITH_IMM => IBV_WC_RDMA_WRITE,
        IBV_WR_RDMA_READ => IBV_WC_RDMA_READ,
        IBV_WR_ATOMIC_CMP_AND_SWP => IBV_WC_COMP_SWAP,
        IBV_WR_ATOMIC_FETCH_AND_ADD => IBV_WC_FETCH_ADD,
        IBV_WR_LOCAL_INV => IBV_WC_LOCAL_INV,
        IBV_WR_BIND_MW => IBV_WC_BIND_MW,
        IBV_WR_ATOMIC_WRITE => IBV_WC_ATOMIC_WRITE,
        IB_UVERBS_WR_FLUSH => IB_UVERBS_WC_FLUSH,
        _ => IBV_WC_SEND,
    };

    private bool TryLook(ref QpContext qp, out SharedRing ring, out uint pending)
    {
        pending = 0;
        if (!SharedRing.TryOpen(mappings, qp.Send, out ring))
        {
            return false;
        }

        uint producer = ring.ReadProducer();
        pending = (producer - qp.Send.Index) & qp.Send.IndexMask;
        return producer <= qp.Send.IndexMask;
    }
}
