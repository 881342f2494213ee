using System.Buffers.Binary;
using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_send_flags;

namespace DaxEmu.Client;

/// <summary>The elements of the rings, as <c>rdma/rdma_user_rxe.h</c> lays them out.</summary>
internal static unsafe class WorkQueueEntries
{
    /// <summary>Bytes of a send queue's element without its local memory or inline data.</summary>
    public static readonly int SendHeader = sizeof(rxe_send_wqe);

    /// <summary>Bytes of a receive queue's element without its local memory.</summary>
    public static readonly int ReceiveHeader = sizeof(rxe_recv_wqe);

    /// <summary>Bytes of one scatter/gather element.</summary>
    public static readonly int ScatterGatherSize = sizeof(rxe_sge);

    /// <summary>Writes a send request.</summary>
    /// <param name="slot">Where to; room for <paramref name="local"/> was checked.</param>
    /// <param name="id">The work request's id.</param>
    /// <param name="request">The request.</param>
    /// <param name="local">Its local memory.</param>
    /// <param name="length">Bytes in it.</param>
    public static void WriteSend(byte* slot, ulong id, in SendWorkRequest request, ReadOnlySpan<ScatterGather> local, uint length)
    {
        rxe_send_wqe* entry = (rxe_send_wqe*)slot;
        WriteSendHeader(entry, id, request, 0, length);
        entry->dma.num_sge = (uint)local.Length;
        WriteScatterGather((rxe_sge*)(entry + 1), local);
    }

    /// <summary>Writes a send request with its data.</summary>
    /// <param name="slot">Where to; room for <paramref name="data"/> was checked.</param>
    /// <param name="id">The work request's id.</param>
    /// <param name="request">The request.</param>
    /// <param name="data">Its data.</param>
    public static void WriteInlineSend(byte* slot, ulong id, in SendWorkRequest request, ReadOnlySpan<byte> data)
    {
        rxe_send_wqe* entry = (rxe_send_wqe*)slot;
        WriteSendHeader(entry, id, request, IBV_SEND_INLINE, (uint)data.Length);
        data.CopyTo(new Span<byte>(entry + 1, data.Length));
    }

    /// <summary>Writes a receive.</summary>
    /// <param name="slot">Where to; room for <paramref name="local"/> was checked.</param>
    /// <param name="id">The work request's id.</param>
    /// <param name="local">The memory to fill.</param>
    /// <param name="length">Bytes in it.</param>
    public static void WriteReceive(byte* slot, ulong id, ReadOnlySpan<ScatterGather> local, uint length)
    {
        rxe_recv_wqe* entry = (rxe_recv_wqe*)slot;
        *entry = default;
        entry->wr_id = id;
        entry->dma.length = length;
        entry->dma.resid = length;
        entry->dma.num_sge = (uint)local.Length;
        WriteScatterGather((rxe_sge*)(entry + 1), local);
    }

    /// <summary>Reads a completion.</summary>
    /// <param name="entry">The completion queue's element.</param>
    public static WorkCompletion ReadCompletion(ib_uverbs_wc* entry)
    {
        CompletionFlags flags = (CompletionFlags)entry->wc_flags;
        return new WorkCompletion
        {
            Id = entry->wr_id,
            Status = (CompletionStatus)entry->status,
            Opcode = (CompletionOpcode)entry->opcode,
            ByteLength = entry->byte_len,
            QueuePairNumber = entry->qp_num,
            Flags = flags,
            Immediate = (flags & CompletionFlags.WithImmediate) != 0 ? BinaryPrimitives.ReverseEndianness(entry->ex_imm_data) : 0,
            InvalidatedRKey = (flags & CompletionFlags.WithInvalidate) != 0 ? entry->ex_invalidate_rkey : 0,
            VendorError = entry->vendor_err,
        };
    }

    private static void WriteSendHeader(rxe_send_wqe* entry, ulong id, in SendWorkRequest request, uint extraFlags, uint length)
    {
        *entry = default;
        entry->wr.wr_id = id;
        entry->wr.opcode = (uint)request.Opcode;
        entry->wr.send_flags = (uint)request.Flags | extraFlags;
        entry->dma.length = length;
        entry->dma.resid = length;
        switch (request.Opcode)
        {
            case SendOpcode.AtomicWrite:
                entry->wr.wr_rdma_remote_addr = request.Remote.Address;
                entry->wr.wr_rdma_rkey = request.Remote.RKey;
                break;
            case SendOpcode.Flush:
                entry->wr.wr_flush_remote_addr = request.Remote.Address;
                entry->wr.wr_flush_rkey = request.Remote.RKey;
                entry->wr.wr_flush_type = (byte)request.FlushTypes;
                entry->wr.wr_flush_level = (byte)request.FlushLevel;
                // There is no local side: the length is the remote range's, as with the rxe provider.
                entry->dma.length = entry->dma.resid = request.FlushLevel == FlushLevel.Range ? (uint)request.Remote.Length : 0;
                break;
            case SendOpcode.BindWindow:
                entry->wr.wr_mw_addr = request.Binding.Memory.Address;
                entry->wr.wr_mw_length = request.Binding.Memory.Length;
                entry->wr.wr_mw_mr_lkey = request.Binding.Memory.LKey;
                entry->wr.wr_mw_mw_rkey = request.Binding.RKey;
                entry->wr.wr_mw_rkey = request.Binding.NewRKey;
                entry->wr.wr_mw_access = (uint)request.Binding.Access;
                break;
            case SendOpcode.SendWithInvalidate or SendOpcode.LocalInvalidate:
                entry->wr.ex_invalidate_rkey = request.InvalidateRKey;
                break;
            case SendOpcode.SendWithImmediate:
                entry->wr.ex_imm_data = BinaryPrimitives.ReverseEndianness(request.Immediate);
                break;
            case SendOpcode.Write or SendOpcode.WriteWithImmediate or SendOpcode.Read:
                entry->wr.ex_imm_data = BinaryPrimitives.ReverseEndianness(request.Immediate);
                entry->wr.wr_rdma_remote_addr = request.Remote.Address;
                entry->wr.wr_rdma_rkey = request.Remote.RKey;
                break;
            case SendOpcode.CompareSwap or SendOpcode.FetchAdd:
                entry->wr.wr_atomic_remote_addr = request.Remote.Address;
                entry->wr.wr_atomic_rkey = request.Remote.RKey;
                entry->wr.wr_atomic_compare_add = request.CompareAdd;
                entry->wr.wr_atomic_swap = request.Swap;
                break;
        }
    }

    private static void WriteScatterGather(rxe_sge* at, ReadOnlySpan<ScatterGather> local)
    {
        foreach (ref readonly ScatterGather part in local)
        {
            *at++ = new rxe_sge { addr = part.Address, length = part.Length, lkey = part.LKey };
        }
    }
}
