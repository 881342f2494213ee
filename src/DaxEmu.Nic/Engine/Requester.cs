using DaxEmu.Abi;
using static DaxEmu.Abi.ib_uverbs_wr_opcode;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic;

/// <summary>
/// Carries out the current work request of a send queue: the requester's side of IBTA chapter 9.7, with the responder at hand. Work
/// requests of one queue pair run strictly one after the other, which satisfies every ordering rule (IBTA 10.8.3.3) and fence.
/// </summary>
/// <param name="block">The NIC's state.</param>
/// <param name="regions">Resolves ranges.</param>
/// <param name="transfer">Copies.</param>
/// <param name="memory">Atomic operations.</param>
/// <param name="responder">The other side.</param>
/// <param name="atomicWrite">ATOMIC WRITE.</param>
/// <param name="flush">FLUSH.</param>
internal sealed unsafe class Requester(
    NicBlock block, RegionAccess regions, Transfer transfer, GuardedMemory memory, Responder responder,
    AtomicWrite atomicWrite, RemoteFlush flush)
{
    private const ulong AtomicBytes = sizeof(ulong);

    /// <summary>Goes on with the current operation.</summary>
    /// <param name="qp">The queue pair; the caller holds its send lock.</param>
    /// <param name="index">Its index.</param>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="bytesLeft">Bytes that may still be copied in this turn.</param>
    public Step Run(ref QpContext qp, uint index, long now, ref ulong bytesLeft)
    {
        rxe_send_wqe* work = block.SendArea(index);
        if (qp.Operation.IsChecked == 0)
        {
            uint status = CheckLocal(ref qp, work);
            if (status != IBV_WC_SUCCESS)
            {
                return Step.Ended(status);
            }

            qp.Operation.IsChecked = 1;
        }

        ref QpContext peer = ref block.QpByNumber(qp.DestinationNumber);
        if (!IsReady(qp, peer))
        {
            return Waiting.ForPeer(ref qp, now);
        }

        if (qp.Operation.PeerEpoch != peer.Epoch)
        {
            // The peer was reset in the middle: what it has of the message is void.
            qp.Operation.PeerEpoch = peer.Epoch;
            qp.Operation.Done = 0;
            qp.Operation.Ticket = 0;
            qp.Operation.FlushTicket = 0;
            qp.Operation.HasReceive = 0;
        }

        qp.Operation.RetryDeadline = 0;
        responder.Arrive(ref peer);
        return work->wr.opcode switch
        {
            IBV_WR_RDMA_WRITE => Write(ref qp, ref peer, work, ref bytesLeft),
            IBV_WR_RDMA_READ => Read(ref qp, ref peer, work, ref bytesLeft),
            IBV_WR_ATOMIC_CMP_AND_SWP or IBV_WR_ATOMIC_FETCH_AND_ADD => Atomic(ref qp, ref peer, work),
            IBV_WR_ATOMIC_WRITE => atomicWrite.Run(ref qp, PlaceOf(qp), ref peer, work, LocalSide(qp, work)),
            IB_UVERBS_WR_FLUSH => flush.Run(ref qp, ref peer, work, now),
            _ => WithReceive(ref qp, ref peer, index, now, ref bytesLeft),
        };
    }

    // IBTA 9.9.2, errors that the requester finds itself, before anything leaves the queue pair.
    internal uint CheckLocal(ref QpContext qp, rxe_send_wqe* work)
    {
        uint opcode = work->wr.opcode;
        if (opcode == IB_UVERBS_WR_FLUSH)
        {
            return RemoteFlush.CheckLocal(ref qp, work);
        }

        bool isInline = qp.Operation.IsInline != 0;
        bool isAtomic = opcode is IBV_WR_ATOMIC_CMP_AND_SWP or IBV_WR_ATOMIC_FETCH_AND_ADD;
        bool fetches = isAtomic || opcode == IBV_WR_RDMA_READ;
        bool isKnown = fetches || opcode is IBV_WR_SEND or IBV_WR_SEND_WITH_IMM or IBV_WR_SEND_WITH_INV
            or IBV_WR_RDMA_WRITE or IBV_WR_RDMA_WRITE_WITH_IMM or IBV_WR_ATOMIC_WRITE;
        if (!isKnown || (fetches && (isInline || qp.MaxReadAtomic == 0)))
        {
            return IBV_WC_LOC_QP_OP_ERR;
        }

        if (opcode == IBV_WR_ATOMIC_WRITE && !AtomicWrite.IsSound(qp, work))
        {
            return work->dma.length == AtomicBytes ? IBV_WC_LOC_QP_OP_ERR : IBV_WC_LOC_LEN_ERR;
        }

        if (isInline ? work->dma.length > qp.MaxInlineData : work->dma.num_sge > qp.MaxSendSge)
        {
            return IBV_WC_LOC_QP_OP_ERR;
        }

        Segments local = LocalSide(qp, work);
        ulong length = isInline ? work->dma.length : local.Length;
        if (length > block.Header.MaxMessageBytes || (isAtomic && length < AtomicBytes))
        {
            return IBV_WC_LOC_LEN_ERR;
        }

        qp.Operation.Length = isAtomic ? AtomicBytes : length;
        return transfer.MayUse(local, qp.Operation.Length) ? IBV_WC_SUCCESS : IBV_WC_LOC_PROT_ERR;
    }

    // The peer answers from RTR on, and only to the queue pair it is connected to (requests of others are dropped silently).
    internal static bool IsReady(in QpContext qp, in QpContext peer) =>
        qp.DestinationNumber != 0
        && Volatile.Read(in peer.Number) == qp.DestinationNumber
        && Volatile.Read(in peer.State) is IBV_QPS_RTR or IBV_QPS_RTS or IBV_QPS_SQD or IBV_QPS_SQE
        && peer.DestinationNumber == qp.Number
        && peer.Type == qp.Type;

    private Step Write(ref QpContext qp, ref QpContext peer, rxe_send_wqe* work, ref ulong bytesLeft)
    {
        rxe_sge range = RemoteRange(qp, work);
        Segments remote = Segments.Remote(&range, peer.Domain, qp.DestinationNumber, IBV_ACCESS_REMOTE_WRITE);
        uint refusal = CheckRemote(ref peer, remote, IBV_ACCESS_REMOTE_WRITE);
        if (refusal != IBV_WC_SUCCESS)
        {
            return Step.Ended(refusal);
        }

        return Copy(ref qp, LocalSide(qp, work), remote, ref bytesLeft) switch
        {
            TransferResult.BadSource => Step.Ended(IBV_WC_LOC_PROT_ERR),
            TransferResult.BadDestination => Step.Ended(responder.RefuseAccess(ref peer)),
            _ => IsWhole(qp) ? Step.Ended(IBV_WC_SUCCESS) : Step.Unfinished,
        };
    }

    private Step Read(ref QpContext qp, ref QpContext peer, rxe_send_wqe* work, ref ulong bytesLeft)
    {
        if (peer.MaxDestinationReadAtomic == 0)
        {
            return Step.Ended(responder.RefuseRequest(ref peer));
        }

        rxe_sge range = RemoteRange(qp, work);
        Segments remote = Segments.Remote(&range, peer.Domain, qp.DestinationNumber, IBV_ACCESS_REMOTE_READ);
        uint refusal = CheckRemote(ref peer, remote, IBV_ACCESS_REMOTE_READ);
        if (refusal != IBV_WC_SUCCESS)
        {
            return Step.Ended(refusal);
        }

        return Copy(ref qp, remote, LocalSide(qp, work), ref bytesLeft) switch
        {
            TransferResult.BadSource => Step.Ended(responder.RefuseAccess(ref peer)),
            TransferResult.BadDestination => Step.Ended(IBV_WC_LOC_PROT_ERR),
            _ => IsWhole(qp) ? Step.Ended(IBV_WC_SUCCESS) : Step.Unfinished,
        };
    }

    private Step Atomic(ref QpContext qp, ref QpContext peer, rxe_send_wqe* work)
    {
        // Once it was carried out it is not again, while what it found is on its way to memory that is not mapped.
        if (qp.Operation.Done == 0)
        {
            Step step = AtomicAtPeer(ref qp, ref peer, work);
            if (qp.Operation.Done == 0)
            {
                return step;
            }
        }

        ulong old = qp.Operation.AtomicResult;
        ulong bytes = AtomicBytes;
        TransferResult result = transfer.Copy(
            Segments.OfBytes(&old), LocalSide(qp, work), 0, ref bytes, PlaceOf(qp), ref qp.Operation.Ticket);
        return result != TransferResult.Ok ? Step.Ended(IBV_WC_LOC_PROT_ERR)
            : bytes == AtomicBytes ? Step.Ended(IBV_WC_SUCCESS)
            : Step.Unfinished;
    }

    private Step AtomicAtPeer(ref QpContext qp, ref QpContext peer, rxe_send_wqe* work)
    {
        // IBTA 9.7.4.1: a misaligned address is an invalid request, and so is one more than the responder's resources.
        if (peer.MaxDestinationReadAtomic == 0 || work->wr.wr_atomic_remote_addr % AtomicBytes != 0)
        {
            return Step.Ended(responder.RefuseRequest(ref peer));
        }

        rxe_sge range = new() { addr = work->wr.wr_atomic_remote_addr, length = (uint)AtomicBytes, lkey = work->wr.wr_atomic_rkey };
        Segments remote = Segments.Remote(&range, peer.Domain, qp.DestinationNumber, IBV_ACCESS_REMOTE_ATOMIC);
        uint refusal = CheckRemote(ref peer, remote, IBV_ACCESS_REMOTE_ATOMIC);
        if (refusal != IBV_WC_SUCCESS)
        {
            return Step.Ended(refusal);
        }

        ulong* target = (ulong*)regions.Resolve(range, peer.Domain, IBV_ACCESS_REMOTE_ATOMIC, qp.DestinationNumber);
        // A deregistration or an invalidation may have taken the key since it was checked.
        if (target is null)
        {
            return Step.Ended(responder.RefuseAccess(ref peer));
        }

        // The region may have been registered at an address that does not lie alike in memory.
        if ((nuint)target % AtomicBytes != 0)
        {
            return Step.Ended(responder.RefuseRequest(ref peer));
        }

        bool isCompareSwap = work->wr.opcode == IBV_WR_ATOMIC_CMP_AND_SWP;
        ulong compareAdd = work->wr.wr_atomic_compare_add;
        ulong swap = work->wr.wr_atomic_swap;
        ulong old = 0;
        bool isNoted = regions.MetOrphans;
        if (isNoted)
        {
            regions.NoteWriting(range);
        }

        int fault = MappingTable.IsUnmapped((byte*)target, out _, out _)
            ? transfer.AtomicUnmapped((byte*)target, isCompareSwap, compareAdd, swap, &old, PlaceOf(qp), ref qp.Operation.Ticket)
            : isCompareSwap ? memory.CompareSwap(target, compareAdd, swap, &old) : memory.FetchAdd(target, compareAdd, &old);
        if (fault != 0)
        {
            transfer.ReportAtomic(range, (byte*)target, PlaceOf(qp));
            return Step.Ended(responder.RefuseAccess(ref peer));
        }

        if (isNoted)
        {
            transfer.NoteAtomic(range);
        }

        if (qp.Operation.Ticket == 0)
        {
            qp.Operation.AtomicResult = old;
            qp.Operation.Done = AtomicBytes;
        }

        return Step.Unfinished;
    }

    private uint PlaceOf(in QpContext qp) => qp.Number & block.QpIndexMask;

    // SEND and RDMA WRITE with immediate data use up a receive of the peer.
    private Step WithReceive(ref QpContext qp, ref QpContext peer, uint index, long now, ref ulong bytesLeft)
    {
        // Only a flush of the peer's own can hold it: it will not be ready when that is over.
        if (!SpinWord.TryAcquire(ref peer.ReceiveLock))
        {
            return Step.Unfinished;
        }

        try
        {
            // Looked at again: the flush that was under way when it looked ready may be over by now.
            if (!IsReady(qp, peer))
            {
                return Waiting.ForPeer(ref qp, now);
            }

            if (qp.Operation.HasReceive == 0)
            {
                uint status = responder.TakeReceive(ref qp, ref peer, index);
                if (status == Responder.NotReady)
                {
                    return Waiting.ForReceive(ref qp, peer, now);
                }

                if (status != IBV_WC_SUCCESS)
                {
                    return Step.Ended(status);
                }
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
        rxe_send_wqe* work = block.SendArea(index);
        Step step = Write(ref qp, ref peer, work, ref bytesLeft);
        return step is { Kind: StepKind.Ended, Status: IBV_WC_SUCCESS }
            ? Step.Ended(responder.CompleteReceive(ref qp, ref peer, index))
            : step;
    }

    private Step Send(ref QpContext qp, ref QpContext peer, uint index, ref ulong bytesLeft)
    {
        rxe_recv_wqe* receive = block.ReceiveArea(index);
        Segments remote = Segments.Of((rxe_sge*)(receive + 1), receive->dma.num_sge, peer.ReceiveDomain, IBV_ACCESS_LOCAL_WRITE);
        if (qp.Operation.Done == 0)
        {
            if (remote.Length < qp.Operation.Length)
            {
                return Step.Ended(responder.FailReceive(ref peer, index, IBV_WC_LOC_LEN_ERR));
            }

            if (!transfer.MayUse(remote, qp.Operation.Length))
            {
                return Step.Ended(responder.FailReceive(ref peer, index, IBV_WC_LOC_PROT_ERR));
            }
        }

        return Copy(ref qp, LocalSide(qp, block.SendArea(index)), remote, ref bytesLeft) switch
        {
            TransferResult.BadSource => Step.Ended(IBV_WC_LOC_PROT_ERR),
            TransferResult.BadDestination => Step.Ended(responder.FailReceive(ref peer, index, IBV_WC_LOC_PROT_ERR)),
            _ when !IsWhole(qp) => Step.Unfinished,
            _ => Step.Ended(responder.CompleteReceive(ref qp, ref peer, index)),
        };
    }

    // IBTA 9.7.4.1 and 9.9.3: what the queue pair does not serve is an invalid request, a bad key an access error. A zero-length RDMA
    // needs no valid key (IBTA C9-88).
    private uint CheckRemote(ref QpContext peer, in Segments remote, uint access)
    {
        if ((peer.AccessFlags & access) == 0)
        {
            return responder.RefuseRequest(ref peer);
        }

        return transfer.MayUse(remote, remote.Length) ? IBV_WC_SUCCESS : responder.RefuseAccess(ref peer);
    }

    internal TransferResult Copy(ref QpContext qp, in Segments source, in Segments destination, ref ulong bytesLeft)
    {
        ulong bytes = Math.Min(qp.Operation.Length - qp.Operation.Done, bytesLeft);
        if (bytes == 0)
        {
            return TransferResult.Ok;
        }

        TransferResult result = transfer.Copy(source, destination, qp.Operation.Done, ref bytes, PlaceOf(qp), ref qp.Operation.Ticket);
        qp.Operation.Done += bytes;
        bytesLeft -= Math.Min(bytesLeft, bytes);
        return result;
    }

    internal static bool IsWhole(in QpContext qp) => qp.Operation.Done == qp.Operation.Length;

    internal static rxe_sge RemoteRange(in QpContext qp, rxe_send_wqe* work) =>
        new() { addr = work->wr.wr_rdma_remote_addr, length = (uint)qp.Operation.Length, lkey = work->wr.wr_rdma_rkey };

    internal static Segments LocalSide(in QpContext qp, rxe_send_wqe* work)
    {
        if (qp.Operation.IsInline != 0)
        {
            return Segments.OfBytes(work + 1);
        }

        bool isStored = work->wr.opcode is IBV_WR_RDMA_READ or IBV_WR_ATOMIC_CMP_AND_SWP or IBV_WR_ATOMIC_FETCH_AND_ADD;
        return Segments.Of((rxe_sge*)(work + 1), work->dma.num_sge, qp.Domain, isStored ? IBV_ACCESS_LOCAL_WRITE : 0);
    }
}
