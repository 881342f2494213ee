using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wc_flags;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic;

/// <summary>
/// The responder's side: receives, and what a bad request does to the queue pair it was sent to (IBTA 9.9.3, "Responder error behavior").
/// Methods that return a status return the requester's.
/// </summary>
/// <param name="block">The NIC's state.</param>
/// <param name="receives">Where receives come from.</param>
/// <param name="completions">Gets completions.</param>
/// <param name="windows">Ends keys.</param>
/// <param name="events">Gets asynchronous events.</param>
internal sealed unsafe class Responder(
    NicBlock block, ReceiveSource receives, CompletionWriter completions, Windows windows, PendingEvents events)
{
    /// <summary>No completion status: no receive is posted.</summary>
    public const uint NotReady = uint.MaxValue;

    /// <summary>
    /// A message comes in. In RTR it is the first sign that the other side has the connection: IBV_EVENT_COMM_EST, once (IBTA 11.6.3.1).
    /// </summary>
    public void Arrive(ref QpContext peer)
    {
        if (peer.ReadState() == IBV_QPS_RTR && Interlocked.Exchange(ref peer.IsEstablished, 1) == 0)
        {
            events.Async(IBV_EVENT_COMM_EST, peer.Number, peer.Cookie);
        }
    }

    /// <summary>Copies the peer's head receive to the requester's area; it stays in the ring until it is completed.</summary>
    public uint TakeReceive(ref QpContext qp, ref QpContext peer, uint index)
    {
        rxe_recv_wqe* receive = block.ReceiveArea(index);
        switch (receives.Take(ref peer, receive))
        {
            case FetchResult.Empty:
                return NotReady;
            case FetchResult.Broken:
                Fail(ref peer, IBV_EVENT_QP_FATAL);
                return IBV_WC_REM_OP_ERR;
            case FetchResult.Malformed:
                return FailReceive(ref peer, index, IBV_WC_LOC_QP_OP_ERR);
            default:
                qp.Operation.HasReceive = 1;
                qp.Operation.RnrDeadline = 0;
                return IBV_WC_SUCCESS;
        }
    }

    /// <summary>The message has arrived: takes the receive off the ring and adds its completion.</summary>
    public uint CompleteReceive(ref QpContext qp, ref QpContext peer, uint index)
    {
        rxe_send_wr* work = &block.SendArea(index)->wr;
        uint status = IBV_WC_SUCCESS;
        // Class J: the message was good and is acknowledged, the receive and its queue pair fail.
        if (work->opcode == IBV_WR_SEND_WITH_INV && !windows.TryInvalidate(ref peer, work->ex_invalidate_rkey))
        {
            status = IBV_WC_REM_INV_REQ_ERR;
        }

        ib_uverbs_wc completion = new()
        {
            wr_id = block.ReceiveArea(index)->wr_id,
            status = status,
            opcode = work->opcode == IBV_WR_RDMA_WRITE_WITH_IMM ? IBV_WC_RECV_RDMA_WITH_IMM : IBV_WC_RECV,
            byte_len = (uint)qp.Operation.Length,
            qp_num = peer.Number,
            src_qp = qp.Number,
            port_num = 1,
        };
        if (work->opcode is IBV_WR_SEND_WITH_IMM or IBV_WR_RDMA_WRITE_WITH_IMM)
        {
            completion.wc_flags = IBV_WC_WITH_IMM;
            completion.ex_imm_data = work->ex_imm_data;
        }
        else if (work->opcode == IBV_WR_SEND_WITH_INV)
        {
            completion.wc_flags = IBV_WC_WITH_INV;
            completion.ex_invalidate_rkey = work->ex_invalidate_rkey;
        }

        if (status != IBV_WC_SUCCESS)
        {
            Fail(ref peer);
        }

        bool isSolicited = (work->send_flags & IBV_SEND_SOLICITED) != 0;
        return PostReceive(ref peer, completion, isSolicited) ? IBV_WC_SUCCESS : IBV_WC_REM_OP_ERR;
    }

    /// <summary>
    /// The receive cannot take the message: it completes in error, which takes its queue pair to the error state. A message that is too
    /// long is an invalid request (class C), all else an error of the responder's own (class A).
    /// </summary>
    public uint FailReceive(ref QpContext peer, uint index, uint status)
    {
        Fail(ref peer);
        ib_uverbs_wc completion = new()
        {
            wr_id = block.ReceiveArea(index)->wr_id,
            status = status,
            opcode = IBV_WC_RECV,
            qp_num = peer.Number,
            src_qp = peer.DestinationNumber,
            port_num = 1,
        };
        _ = PostReceive(ref peer, completion, isSolicited: false);
        return status == IBV_WC_LOC_LEN_ERR ? IBV_WC_REM_INV_REQ_ERR : IBV_WC_REM_OP_ERR;
    }

    /// <summary>NAK, invalid request: the queue pair does not serve this.</summary>
    public uint RefuseRequest(ref QpContext peer)
    {
        Fail(ref peer, IBV_EVENT_QP_REQ_ERR);
        return IBV_WC_REM_INV_REQ_ERR;
    }

    /// <summary>NAK, remote access error: the key does not allow this, or the memory is gone.</summary>
    public uint RefuseAccess(ref QpContext peer)
    {
        Fail(ref peer, IBV_EVENT_QP_ACCESS_ERR);
        return IBV_WC_REM_ACCESS_ERR;
    }

    /// <summary>NAK, remote operational error: the responder could not carry it out.</summary>
    public uint FailOperation(ref QpContext peer)
    {
        Fail(ref peer, IBV_EVENT_QP_FATAL);
        return IBV_WC_REM_OP_ERR;
    }

    /// <summary>Completes the head receive as flushed; false when the ring is empty or broken. The caller holds the receive lock.</summary>
    public bool TryFlushOne(ref QpContext qp)
    {
        if (!receives.TryNextToFlush(qp, out ulong id))
        {
            return false;
        }

        ib_uverbs_wc completion = new()
        {
            wr_id = id,
            status = IBV_WC_WR_FLUSH_ERR,
            opcode = IBV_WC_RECV,
            qp_num = qp.Number,
            port_num = 1,
        };
        _ = PostReceive(ref qp, completion, isSolicited: false);
        return true;
    }

    /// <summary>
    /// A queue pair in error has flushed the receives it took from a shared receive queue and takes no more: its program may now destroy it
    /// without losing one (IBTA 11.6.3.2, "Last WQE Reached").
    /// </summary>
    public void SayLastReceive(ref QpContext qp)
    {
        if (qp.UsesSharedReceives && qp.SaidLastReceive == 0)
        {
            qp.SaidLastReceive = 1;
            events.Async(IBV_EVENT_QP_LAST_WQE_REACHED, qp.Number, qp.Cookie);
        }
    }

    /// <summary>Takes the head receive off its ring and adds its completion; false when that was lost.</summary>
    public bool PostReceive(ref QpContext qp, in ib_uverbs_wc completion, bool isSolicited)
    {
        // The consumer index first, as in SendQueue.Complete.
        receives.Complete(ref qp);
        return completions.Post(qp.ReceiveCq, completion, isSolicited);
    }

    // A completion tells of the error: no event (IBTA 11.6.3.2 has affiliated events for errors that no completion reports).
    private void Fail(ref QpContext peer)
    {
        if (peer.TryFail())
        {
            events.Drain(peer);
        }
    }

    private void Fail(ref QpContext peer, uint eventType)
    {
        if (!peer.TryFail())
        {
            return;
        }

        events.Async(eventType, peer.Number, peer.Cookie);
        events.Drain(peer);
    }
}
