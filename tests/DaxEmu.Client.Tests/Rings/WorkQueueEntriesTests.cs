using System.Buffers.Binary;
using DaxEmu.Abi;
using Xunit;

namespace DaxEmu.Client.Tests.Rings;

/// <summary>What posting writes into a ring, held against the offsets of rdma/rdma_user_rxe.h.</summary>
public sealed unsafe class WorkQueueEntriesTests
{
    private static readonly RemoteMemory Peer = new(0x1122_3344_5566_7788, 4096, 0xabcd);
    private static readonly ScatterGather[] TwoParts = [new(0x1000, 10, 7), new(0x2000, 20, 8)];

    private readonly byte[] _slot = new byte[512];

    [Fact]
    public void A_write_carries_its_address_and_key_and_its_scatter_gather_list()
    {
        WriteSend(new SendWorkRequest { Id = 5, Opcode = SendOpcode.Write, Flags = SendFlags.Signaled | SendFlags.Fence, Remote = Peer });

        Assert.Equal(5ul, U64(0));
        Assert.Equal(ibv_wr_opcode.IBV_WR_RDMA_WRITE, U32(12));
        Assert.Equal(ibv_send_flags.IBV_SEND_SIGNALED | ibv_send_flags.IBV_SEND_FENCE, U32(16));
        Assert.Equal(Peer.Address, U64(24));
        Assert.Equal(Peer.RKey, U32(32));
        Assert.Equal((30u, 30u, 2u), (U32(184), U32(188), U32(196)));
        Assert.Equal((0x1000ul, 10u, 7u), (U64(208), U32(216), U32(220)));
        Assert.Equal((0x2000ul, 20u, 8u), (U64(224), U32(232), U32(236)));
    }

    [Theory]
    [InlineData(SendOpcode.SendWithImmediate)]
    [InlineData(SendOpcode.WriteWithImmediate)]
    public void An_immediate_is_in_network_order(SendOpcode opcode)
    {
        WriteSend(new SendWorkRequest { Opcode = opcode, Immediate = 0x01020304, Remote = Peer });

        Assert.Equal(0x01020304u, BinaryPrimitives.ReadUInt32BigEndian(_slot.AsSpan(20)));
    }

    [Fact]
    public void A_send_with_invalidate_carries_the_key_in_host_order()
    {
        WriteSend(new SendWorkRequest { Opcode = SendOpcode.SendWithInvalidate, InvalidateRKey = 0x0102 });

        Assert.Equal(0x0102u, U32(20));
    }

    [Fact]
    public void An_atomic_carries_both_operands()
    {
        WriteSend(new SendWorkRequest { Opcode = SendOpcode.CompareSwap, Remote = Peer, CompareAdd = 3, Swap = 4 });

        Assert.Equal((Peer.Address, 3ul, 4ul, Peer.RKey), (U64(24), U64(32), U64(40), U32(48)));
    }

    [Fact]
    public void Inline_data_follows_the_header_and_counts_no_scatter_gather_element()
    {
        fixed (byte* slot = _slot)
        {
            WorkQueueEntries.WriteInlineSend(slot, 1, new SendWorkRequest { Opcode = SendOpcode.Send }, [1, 2, 3]);
        }

        Assert.Equal(ibv_send_flags.IBV_SEND_INLINE, U32(16));
        Assert.Equal((3u, 0u), (U32(184), U32(196)));
        Assert.Equal([1, 2, 3], _slot.AsSpan(208, 3).ToArray());
    }

    [Fact]
    public void A_reused_slot_keeps_nothing_of_its_last_request()
    {
        _slot.AsSpan().Fill(0xff);

        WriteSend(new SendWorkRequest { Id = 9, Opcode = SendOpcode.Send });

        Assert.False(_slot.AsSpan(24, 160).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_receive_has_its_own_header()
    {
        fixed (byte* slot = _slot)
        {
            WorkQueueEntries.WriteReceive(slot, 6, TwoParts, 30);
        }

        Assert.Equal((6ul, 30u, 30u, 2u), (U64(0), U32(16), U32(20), U32(28)));
        Assert.Equal((0x1000ul, 10u, 7u), (U64(40), U32(48), U32(52)));
    }

    [Fact]
    public void A_completion_shows_its_immediate_in_host_order_and_only_if_it_has_one()
    {
        ib_uverbs_wc entry = new()
        {
            wr_id = 4,
            status = ibv_wc_status.IBV_WC_SUCCESS,
            opcode = ibv_wc_opcode.IBV_WC_RECV_RDMA_WITH_IMM,
            byte_len = 12,
            ex_imm_data = BinaryPrimitives.ReverseEndianness(0x01020304u),
            qp_num = 17,
            wc_flags = ibv_wc_flags.IBV_WC_WITH_IMM,
        };

        WorkCompletion with = WorkQueueEntries.ReadCompletion(&entry);
        entry.wc_flags = 0;
        WorkCompletion without = WorkQueueEntries.ReadCompletion(&entry);

        Assert.Equal((4ul, CompletionStatus.Success, CompletionOpcode.ReceiveWriteWithImmediate), (with.Id, with.Status, with.Opcode));
        Assert.Equal((12u, 17u, 0x01020304u), (with.ByteLength, with.QueuePairNumber, with.Immediate));
        Assert.Equal(0u, without.Immediate);
    }

    private void WriteSend(in SendWorkRequest request)
    {
        fixed (byte* slot = _slot)
        {
            WorkQueueEntries.WriteSend(slot, request.Id, request, TwoParts, 30);
        }
    }

    private uint U32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_slot.AsSpan(offset));

    private ulong U64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_slot.AsSpan(offset));
}
