using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wc_flags;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>What each opcode moves, and how both sides learn of it.</summary>
public sealed class OpcodeTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _local;
    private readonly TestRegion _remote;

    public OpcodeTests()
    {
        (_a, _b) = _rig.NewPair();
        _local = _a.Register(8192).Fill(1);
        _remote = _b.Register(8192);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Send_fills_the_first_posted_receive_and_completes_on_both_sides()
    {
        _b.PostReceive(7, _remote.Sge(0, 4096));
        var sent = _a.Do(Post.Send(5, _local.Sge(100, 3000)));

        Assert.Equal((5UL, IBV_WC_SUCCESS, IBV_WC_SEND, _a.Qp.Number), (sent.wr_id, sent.status, sent.opcode, sent.qp_num));
        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((7UL, IBV_WC_SUCCESS, IBV_WC_RECV, 3000U), (received.wr_id, received.status, received.opcode, received.byte_len));
        Assert.Equal((_b.Qp.Number, _a.Qp.Number, 0U), (received.qp_num, received.src_qp, received.wc_flags));
        Assert.Equal(_local.Bytes.Slice(100, 3000), _remote.Bytes[..3000]);
        Assert.Equal(-1, _remote.Bytes[3000..].IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Send_with_immediate_delivers_it_in_network_order_as_given()
    {
        _b.PostReceive(7, _remote.Sge(0, 64));
        _a.Do(Post.Send(5, _local.Sge(0, 64)) with { Opcode = IBV_WR_SEND_WITH_IMM, Immediate = 0x11223344 });
        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((IBV_WC_WITH_IMM, 0x11223344U, IBV_WC_RECV), (received.wc_flags, received.ex_imm_data, received.opcode));
    }

    [Fact]
    public void Rdma_write_puts_bytes_where_told_and_the_peer_sees_no_completion()
    {
        var written = _a.Do(Post.Write(5, _remote, 1000, _local.Sge(0, 2000)));
        Assert.Equal((IBV_WC_SUCCESS, IBV_WC_RDMA_WRITE), (written.status, written.opcode));
        Assert.Equal(_local.Bytes[..2000], _remote.Bytes.Slice(1000, 2000));
        Assert.Equal(-1, _remote.Bytes[..1000].IndexOfAnyExcept((byte)0));
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }

    [Fact]
    public void Rdma_write_with_immediate_uses_up_a_receive_but_not_its_buffer()
    {
        _b.PostReceive(7);
        _a.Do(Post.Write(5, _remote, 0, _local.Sge(0, 2000)) with { Opcode = IBV_WR_RDMA_WRITE_WITH_IMM, Immediate = 9 });
        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((7UL, IBV_WC_RECV_RDMA_WITH_IMM, 2000U), (received.wr_id, received.opcode, received.byte_len));
        Assert.Equal((IBV_WC_WITH_IMM, 9U), (received.wc_flags, received.ex_imm_data));
        Assert.Equal(_local.Bytes[..2000], _remote.Bytes[..2000]);
    }

    [Fact]
    public void Rdma_read_brings_bytes_back()
    {
        _remote.Fill(2);
        var read = _a.Do(Post.Read(5, _remote, 500, _local.Sge(16, 4000)));
        Assert.Equal((IBV_WC_SUCCESS, IBV_WC_RDMA_READ, 4000U), (read.status, read.opcode, read.byte_len));
        Assert.Equal(_remote.Bytes.Slice(500, 4000), _local.Bytes.Slice(16, 4000));
    }

    [Theory]
    [InlineData(10, 99)]
    [InlineData(11, 10)]
    public void Compare_and_swap_stores_only_on_a_match_and_returns_what_was_there(ulong compare, ulong after)
    {
        _remote.Word(2) = 10;
        var swapped = _a.Do(Post.CompareSwap(5, _remote, 16, compare, 99, _local.Sge(8, 8)));
        Assert.Equal((IBV_WC_SUCCESS, IBV_WC_COMP_SWAP, 8U), (swapped.status, swapped.opcode, swapped.byte_len));
        Assert.Equal((10UL, after), (_local.Word(1), _remote.Word(2)));
    }

    [Fact]
    public void Fetch_and_add_wraps_and_returns_what_was_there()
    {
        _remote.Word(0) = ulong.MaxValue;
        var added = _a.Do(Post.FetchAdd(5, _remote, 0, 3, _local.Sge(0, 8)));
        Assert.Equal((IBV_WC_SUCCESS, IBV_WC_FETCH_ADD), (added.status, added.opcode));
        Assert.Equal((ulong.MaxValue, 2UL), (_local.Word(0), _remote.Word(0)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Inline_data_comes_from_the_work_request_with_or_without_the_flag(bool flag)
    {
        byte[] data = [1, 2, 3, 4, 5];
        _b.PostReceive(7, _remote.Sge(0, 64));
        _a.PostSend(new Post { Id = 5, Inline = data, Flags = IBV_SEND_SIGNALED | (flag ? IBV_SEND_INLINE : 0) });
        _a.PostSend(Post.Write(6, _remote, 100) with { Inline = data, Flags = IBV_SEND_SIGNALED | (flag ? IBV_SEND_INLINE : 0) });
        _rig.Run();
        Assert.All(_a.SendCq.TakeAll(), c => Assert.Equal(IBV_WC_SUCCESS, c.status));
        Assert.Equal(5U, _b.ReceiveCq.TakeOne().byte_len);
        Assert.Equal(data, _remote.Bytes[..5]);
        Assert.Equal(data, _remote.Bytes.Slice(100, 5));
    }

    [Fact]
    public void Elements_gather_and_scatter_across_unequal_boundaries()
    {
        _b.PostReceive(7, _remote.Sge(0, 1), _remote.Sge(50, 0), _remote.Sge(100, 700), _remote.Sge(1000, 500));
        _a.Do(Post.Send(5, _local.Sge(0, 10), _local.Sge(20, 290), _local.Sge(400, 0), _local.Sge(500, 600)));
        byte[] sent = [.. _local.Bytes[..10], .. _local.Bytes.Slice(20, 290), .. _local.Bytes.Slice(500, 600)];
        byte[] received = [.. _remote.Bytes[..1], .. _remote.Bytes.Slice(100, 700), .. _remote.Bytes.Slice(1000, 199)];
        Assert.Equal(sent, received);
        Assert.Equal(0, _remote.Bytes[1199]);
        Assert.Equal(900U, _b.ReceiveCq.TakeOne().byte_len);
    }

    [Fact]
    public void Rdma_read_scatters_into_several_elements()
    {
        _remote.Fill(3);
        _a.Do(Post.Read(5, _remote, 8, _local.Sge(0, 3), _local.Sge(64, 1000), _local.Sge(4000, 17)));
        byte[] got = [.. _local.Bytes[..3], .. _local.Bytes.Slice(64, 1000), .. _local.Bytes.Slice(4000, 17)];
        Assert.Equal(_remote.Bytes.Slice(8, 1020).ToArray(), got);
    }

    [Theory]
    [InlineData(IBV_WR_RDMA_WRITE)]
    [InlineData(IBV_WR_RDMA_READ)]
    public void Zero_length_rdma_needs_no_valid_key(uint opcode)
    {
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(new Post { Opcode = opcode, RemoteKey = 0xdead_beef, RemoteAddress = 1 }).status);
    }

    [Fact]
    public void Zero_length_send_still_uses_up_a_receive()
    {
        _b.PostReceive(7, _remote.Sge(0, 10));
        _a.Do(Post.Send(5));
        Assert.Equal((7UL, 0U), (_b.ReceiveCq.TakeOne() is var c ? c.wr_id : 0, c.byte_len));
    }

    [Fact]
    public void Transfers_longer_than_a_turn_arrive_whole()
    {
        const int Bytes = (3 * 256 * 1024) + 17;
        var source = _a.Register(Bytes).Fill(4);
        var target = _b.Register(Bytes);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Write(1, target, 0, source.Whole)).status);
        Assert.True(source.Bytes.SequenceEqual(target.Bytes));
        target.Bytes.Clear();
        _b.PostReceive(7, target.Sge(0, 300_000), target.Sge(300_000, Bytes - 300_000));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(2, source.Whole)).status);
        Assert.True(source.Bytes.SequenceEqual(target.Bytes));
        source.Bytes.Clear();
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Read(3, target, 0, source.Whole)).status);
        Assert.True(source.Bytes.SequenceEqual(target.Bytes));
    }

    [Fact]
    public void A_queue_pair_connected_to_itself_works()
    {
        var self = _rig.NewEndpoint();
        Rig.Connect(self, self.Qp.Number);
        var memory = self.Register(128).Fill(5);
        self.PostReceive(7, memory.Sge(64, 64));
        Assert.Equal(IBV_WC_SUCCESS, self.Do(Post.Send(1, memory.Sge(0, 64))).status);
        Assert.Equal(memory.Bytes[..64], memory.Bytes[64..]);
    }
}
