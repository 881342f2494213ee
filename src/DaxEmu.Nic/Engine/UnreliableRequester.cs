using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic;

/// <summary>
/// Carries out the current work request of an unreliable connection (IBTA 9.8.2): nothing is acknowledged, so a message that the peer
/// cannot take is dropped there, and the requester's work request succeeds all the same.
/// </summary>
/// <param name="block">The NIC's state.</param>
/// <param name="transfer">Checks ranges.</param>
/// <param name="requester">The checks and copies that all connected queue pairs share.</param>
/// <param name="responder">The other side.</param>
internal sealed unsafe class UnreliableRequester(
    NicBlock block, Transfer transfer, Requester requester, Responder responder)
{
    // Sent, whatever became of it.
    private static Step Dropped => Step.Ended(IBV_WC_SUCCESS);

    /// <summary>Goes on with the current operation; it never waits for the peer.</summary>
    /// <param name="qp">The queue pair; the caller holds its send lock.</param>
    /// <param name="index">Its index.</param>
    /// <param name="bytesLeft">Bytes that may still be copied in this turn.</param>
    public Step Run(ref QpContext qp, uint index, ref ulong bytesLeft)
    {
        rxe_send_wqe* work = block.SendArea(index);
        if (qp.Operation.IsChecked == 0)
        {
            // The kernel's next_opcode_uc: nothing that is answered.
            bool isServed = work->wr.opcode is IBV_WR_SEND or IBV_WR_SEND_WITH_IMM or IBV_WR_RDMA_WRITE or IBV_WR_RDMA_WRITE_WITH_IMM;
            uint status = isServed ? requester.CheckLocal(ref qp, work) : IBV_WC_LOC_QP_OP_ERR;
            if (status != IBV_WC_SUCCESS)
            {
                return Step.Ended(status);
            }

            qp.Operation.IsChecked = 1;
        }

        ref QpContext peer = ref block.QpByNumber(qp.DestinationNumber);
        if (!Requester.IsReady(qp, peer))
        {
            return Dropped;
        }

        if (qp.Operation.Done != 0 && qp.Operation.PeerEpoch != peer.Epoch)
        {
            // The peer was reset in the middle: the rest of a message without its beginning is nothing to it.
            return Dropped;
        }

        qp.Operation.PeerEpoch = peer.Epoch;
        responder.Arrive(ref peer);
        return work->wr.opcode == IBV_WR_RDMA_WRITE
            ? Write(ref qp, ref peer, work, ref bytesLeft, out _)
            : WithReceive(ref qp, ref peer, index, ref bytesLeft);
    }

    // IBTA 9.9.3, class D: the message is dropped, and neither side is told.
    private Step Write(ref QpContext qp, ref QpContext peer, rxe_send_wqe* work, ref ulong bytesLeft, out bool hasArrived)
    {
        hasArrived = false;
        rxe_sge range = Requester.RemoteRange(qp, work);
        Segments remote = Segments.Remote(&range, peer.Domain, qp.DestinationNumber, IBV_ACCESS_REMOTE_WRITE);
        if ((peer.AccessFlags & IBV_ACCESS_REMOTE_WRITE) == 0 || !transfer.MayUse(remote, remote.Length))
        {
            return Dropped;
        }

        switch (requester.Copy(ref qp, Requester.LocalSide(qp, work), remote, ref bytesLeft))
        {
            case TransferResult.BadSource:
                return Step.Ended(IBV_WC_LOC_PROT_ERR);
            case TransferResult.BadDestination:
                return Dropped;
            default:
                hasArrived = Requester.IsWhole(qp);
                return hasArrived ? Step.Ended(IBV_WC_SUCCESS) : Step.Unfinished;
        }
    }

    private Step WithReceive(ref QpContext qp, ref QpContext peer, uint index, ref ulong bytesLeft)
    {
        // Only a flush of the peer's own can hold it: it will not be ready when that is over.
        if (!SpinWord.TryAcquire(ref peer.ReceiveLock))
        {
            return Step.Unfinished;
        }

        try
        {
            // Looked at again: the flush that was under way when it looked ready may be over by now.
            if (!Requester.IsReady(qp, peer))
            {
                return Dropped;
            }

            // No receive, or none that can be used: the responder has done what it does to its own queue pair.
            if (qp.Operation.HasReceive == 0 && responder.TakeReceive(ref qp, ref peer, index) != IBV_WC_SUCCESS)
            {
                return Dropped;
            }

            return block.SendArea(index)->wr.opcode == IBV_WR_RDMA_WRITE_WITH_IMM
                ? WriteWithImmediate(ref qp, ref peer, index, ref bytesLeft)
                : Send(ref qp, ref peer, index, ref bytesLeft);
        }
        finally
        {
            SpinWord.Release(ref peer.ReceiveLock);
        }
    }

    private Step WriteWithImmediate(ref QpContext qp, ref QpContext peer, uint index, ref ulong bytesLeft)
    {
        Step step = Write(ref qp, ref peer, block.SendArea(index), ref bytesLeft, out bool hasArrived);
        if (hasArrived)
        {
            _ = responder.CompleteReceive(ref qp, ref peer, index);
        }

        return step;
    }

    private Step Send(ref QpContext qp, ref QpContext peer, uint index, ref ulong bytesLeft)
    {
        rxe_recv_wqe* receive = block.ReceiveArea(index);
        Segments remote = Segments.Of((rxe_sge*)(receive + 1), receive->dma.num_sge, peer.ReceiveDomain, IBV_ACCESS_LOCAL_WRITE);
        if (qp.Operation.Done == 0)
        {
            // Too long for the receive: dropped, and the receive waits for the next message (IBTA 9.9.3, class D).
            if (remote.Length < qp.Operation.Length)
            {
                return Dropped;
            }

            if (!transfer.MayUse(remote, qp.Operation.Length))
            {
                return FailReceive(ref peer, index);
            }
        }

        switch (requester.Copy(ref qp, Requester.LocalSide(qp, block.SendArea(index)), remote, ref bytesLeft))
        {
            case TransferResult.BadSource:
                return Step.Ended(IBV_WC_LOC_PROT_ERR);
            case TransferResult.BadDestination:
                return FailReceive(ref peer, index);
            case TransferResult.Ok when !Requester.IsWhole(qp):
                return Step.Unfinished;
            default:
                _ = responder.CompleteReceive(ref qp, ref peer, index);
                return Step.Ended(IBV_WC_SUCCESS);
        }
    }

    // Class A: an error of the responder's own, which only the responder is told of.
    private Step FailReceive(ref QpContext peer, uint index)
    {
        _ = responder.FailReceive(ref peer, index, IBV_WC_LOC_PROT_ERR);
        return Dropped;
    }
}
