using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic;

/// <summary>
/// The ATOMIC WRITE operation (IBTA annex A19): 8 bytes that change in one step, after all that the queue pair wrote before.
/// </summary>
/// <param name="regions">Resolves ranges.</param>
/// <param name="transfer">Copies.</param>
/// <param name="responder">The other side.</param>
internal sealed unsafe class AtomicWrite(RegionAccess regions, Transfer transfer, Responder responder)
{
    private const uint Bytes = sizeof(ulong);

    /// <summary>What the requester finds itself: the bytes lie in the work request or in one piece of memory.</summary>
    public static bool IsSound(in QpContext qp, rxe_send_wqe* work) =>
        work->dma.length == Bytes && (qp.Operation.IsInline != 0
            ? qp.MaxInlineData >= Bytes
            : work->dma.num_sge == 1 && ((rxe_sge*)(work + 1))->length == Bytes);

    /// <summary>Goes on with the current operation: the kernel's check_rkey and rxe_mr_do_atomic_write.</summary>
    public Step Run(ref QpContext qp, uint place, ref QpContext peer, rxe_send_wqe* work, in Segments local)
    {
        rxe_sge range = new() { addr = work->wr.wr_rdma_remote_addr, length = Bytes, lkey = work->wr.wr_rdma_rkey };
        if ((peer.AccessFlags & IBV_ACCESS_REMOTE_WRITE) == 0 || peer.MaxDestinationReadAtomic == 0)
        {
            return Step.Ended(responder.RefuseRequest(ref peer));
        }

        byte* target = regions.Resolve(range, peer.Domain, IBV_ACCESS_REMOTE_WRITE, qp.DestinationNumber);
        if (target is null)
        {
            return Step.Ended(responder.RefuseAccess(ref peer));
        }

        // IBTA oA19-28; the region may have been registered at an address that does not lie alike in memory.
        if ((nuint)target % Bytes != 0 || range.addr % Bytes != 0)
        {
            return Step.Ended(responder.RefuseRequest(ref peer));
        }

        Segments remote = Segments.Remote(&range, peer.Domain, qp.DestinationNumber, IBV_ACCESS_REMOTE_WRITE);
        ulong bytes = Bytes;
        // One aligned word, which GuardedMemory.Copy stores in one step, with release order; with the barrier, sequentially consistent.
        // To memory that is not mapped it is one write of one word, which is all that can be promised there.
        TransferResult result = transfer.Copy(local, remote, 0, ref bytes, place, ref qp.Operation.Ticket);
        Interlocked.MemoryBarrier();
        return result switch
        {
            TransferResult.BadSource => Step.Ended(IBV_WC_LOC_PROT_ERR),
            TransferResult.BadDestination => Step.Ended(responder.RefuseAccess(ref peer)),
            _ => bytes == Bytes ? Step.Ended(IBV_WC_SUCCESS) : Step.Unfinished,
        };
    }
}
