using CsCheck;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;
using static DaxEmu.Abi.ibv_wc_flags;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>
/// Unreliable connections (IBTA 9.8.2): what arrives arrives as over a reliable one; what cannot is dropped, and the sender is not told.
/// </summary>
public sealed class UnreliableConnectionTests : IDisposable
{
    private const uint Length = 64;

    private readonly Rig _rig = new();

    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _source;
    private readonly TestRegion _target;

    public UnreliableConnectionTests()
    {
        (_a, _b) = _rig.NewUnreliablePair();
        _source = _a.Register(Length).Fill(1);
        _target = _b.Register(Length);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_send_arrives_in_the_receive()
    {
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(1, _source.Whole) with { Opcode = IBV_WR_SEND_WITH_IMM, Immediate = 99 }).status);

        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((7UL, IBV_WC_SUCCESS, IBV_WC_RECV, Length), (received.wr_id, received.status, received.opcode, received.byte_len));
        Assert.Equal((IBV_WC_WITH_IMM, 99U, _b.Qp.Number), (received.wc_flags, received.ex_imm_data, received.qp_num));
        Assert.Equal(_source.Bytes.ToArray(), _target.Bytes.ToArray());
    }

    [Fact]
    public void A_write_changes_memory_and_with_immediate_data_completes_a_receive()
    {
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Write(1, _target, 0, _source.Sge(0, 16))).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
        _b.PostReceive(7);
        var write = Post.Write(2, _target, 16, _source.Sge(16, 48)) with { Opcode = IBV_WR_RDMA_WRITE_WITH_IMM, Immediate = 5 };
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(write).status);

        Assert.Equal(_source.Bytes.ToArray(), _target.Bytes.ToArray());
        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((7UL, IBV_WC_RECV_RDMA_WITH_IMM, 48U, 5U), (received.wr_id, received.opcode, received.byte_len, received.ex_imm_data));
    }

    [Theory]
    [InlineData(IBV_WR_RDMA_READ)]
    [InlineData(IBV_WR_ATOMIC_CMP_AND_SWP)]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD)]
    [InlineData(IBV_WR_SEND_WITH_INV)]
    [InlineData(IBV_WR_LOCAL_INV)]
    [InlineData(77U)]
    public void What_needs_an_answer_is_refused_at_the_sender(uint opcode)
    {
        var post = Post.Write(1, _target, 0, _source.Sge(0, 8)) with { Opcode = opcode };
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, _a.Do(post).status);
        Assert.Equal((IBV_QPS_SQE, IBV_QPS_RTS), (_a.State, _b.State));
    }

    [Fact]
    public void Without_a_receive_the_message_is_lost_and_the_next_one_is_not()
    {
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(1, _source.Sge(0, 8))).status);
        Assert.Equal(
            IBV_WC_SUCCESS, _a.Do(Post.Write(2, _target, 0, _source.Whole) with { Opcode = IBV_WR_RDMA_WRITE_WITH_IMM }).status);
        Assert.All(_target.Bytes.ToArray(), b => Assert.Equal(0, b));
        _b.PostReceive(7, _target.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(3, _source.Sge(8, 8))).status);

        Assert.Equal((7UL, 8U), _b.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.byte_len) : default);
        Assert.Equal(_source.Bytes[8..16].ToArray(), _target.Bytes[..8].ToArray());
    }

    [Fact]
    public void A_message_that_is_too_long_is_lost_and_leaves_the_receive_for_the_next()
    {
        _b.PostReceive(7, _target.Sge(0, 8));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(1, _source.Sge(0, 9))).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(2, _source.Sge(0, 8))).status);
        Assert.Equal((7UL, IBV_WC_SUCCESS), _b.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.status) : default);
    }

    public static TheoryData<string> BadAccesses => ["key", "range", "region without access", "queue pair without access"];

    [Theory]
    [MemberData(nameof(BadAccesses))]
    public void A_write_that_may_not_be_is_dropped_without_a_word(string how)
    {
        var target = how == "region without access" ? _b.Register(Length, Abi.ibv_access_flags.IBV_ACCESS_LOCAL_WRITE) : _target;
        var write = Post.Write(1, target, 0, _source.Whole);
        if (how == "queue pair without access")
        {
            Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = 0 }, IBV_QP_ACCESS_FLAGS));
        }

        write = how switch
        {
            "key" => write with { RemoteKey = write.RemoteKey ^ 1 },
            "range" => write with { RemoteAddress = write.RemoteAddress + 1 },
            _ => write,
        };
        _b.PostReceive(7);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(write).status);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(write with { Id = 2, Opcode = IBV_WR_RDMA_WRITE_WITH_IMM }).status);

        Assert.All(target.Bytes.ToArray(), b => Assert.Equal(0, b));
        Assert.Empty(_b.ReceiveCq.TakeAll());
        Assert.Empty(_rig.Events.Async);
        Assert.Equal((IBV_QPS_RTS, IBV_QPS_RTS), (_a.State, _b.State));
    }

    [Fact]
    public void An_empty_write_with_immediate_data_that_may_not_be_completes_no_receive()
    {
        Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = 0 }, IBV_QP_ACCESS_FLAGS));
        _b.PostReceive(7);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Write(1, _target, 0) with { Opcode = IBV_WR_RDMA_WRITE_WITH_IMM }).status);
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }

    [Fact]
    public void A_receive_with_a_bad_key_fails_the_receiver_alone()
    {
        _b.PostReceive(7, _target.Whole with { lkey = _target.Key ^ 1 });
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(1, _source.Whole)).status);
        Assert.Equal((7UL, IBV_WC_LOC_PROT_ERR), _b.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.status) : default);
        Assert.Equal((IBV_QPS_RTS, IBV_QPS_ERR), (_a.State, _b.State));
    }

    [Fact]
    public void A_peer_that_is_gone_or_not_ready_takes_nothing_and_nobody_waits()
    {
        Rig.Ok(_b.Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(1, _source.Whole)).status);
        Rig.Ok(_rig.Device.DestroyQueuePair(_b.Qp, abandoned: true));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(2, _source.Whole)).status);
        Assert.Equal(IBV_QPS_RTS, _a.State);
        Assert.Empty(_rig.Events.Async);
    }

    [Fact]
    public void A_reliable_queue_pair_does_not_take_its_messages()
    {
        var reliable = _rig.NewEndpoint(owner: 2);
        var unreliable = _rig.NewEndpoint(type: IBV_QPT_UC);
        Rig.Connect(reliable, unreliable.Qp.Number);
        Rig.Ok(unreliable.Modify(Rig.InitAttributes, Rig.ToInit));
        Rig.Ok(unreliable.Modify(Rig.RtrAttributes(reliable.Qp.Number), Rig.UnreliableToRtr));
        Rig.Ok(unreliable.Modify(Rig.RtsAttributes, Rig.UnreliableToRts));
        var target = reliable.Register(8);
        reliable.PostReceive(7, target.Whole);

        Assert.Equal(IBV_WC_SUCCESS, unreliable.Do(Post.Send(1, unreliable.Register(8).Fill(1).Whole)).status);
        Assert.Empty(reliable.ReceiveCq.TakeAll());
        Assert.Equal(0UL, target.Word(0));
    }

    [Fact]
    public void After_a_failed_send_it_only_receives_until_it_is_set_going_again()
    {
        _a.PostSend(Post.Send(1, _source.Whole with { lkey = _source.Key ^ 1 }));
        _a.PostSend(Post.Send(2, _source.Whole));
        _rig.Run();
        Assert.Equal([(1UL, IBV_WC_LOC_PROT_ERR), (2UL, IBV_WC_WR_FLUSH_ERR)], _a.SendCq.TakeAll().Select(c => (c.wr_id, c.status)));
        Assert.Equal(IBV_QPS_SQE, _a.State);

        var inbox = _a.Register(Length);
        _a.PostReceive(8, inbox.Whole);
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(Post.Send(3, _target.Fill(3).Whole)).status);
        Assert.Equal((8UL, IBV_WC_SUCCESS), _a.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.status) : default);

        Assert.Equal(IBV_WC_WR_FLUSH_ERR, _a.Do(Post.Send(4, _source.Whole)).status);
        Rig.Ok(_a.Modify(new QpAttributes { State = IBV_QPS_RTS, CurrentState = IBV_QPS_SQE }, IBV_QP_STATE | IBV_QP_CUR_STATE));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(5, _source.Whole)).status);
    }

    [Fact]
    public void A_long_message_arrives_whole_over_many_turns() => Gen.Select(Gen.Int, Gen.Int[1, 3_000_000]).Sample(
        (seed, length) =>
        {
            using Rig rig = new();
            var (a, b) = rig.NewUnreliablePair();
            var (source, target) = (a.Register((ulong)length).Fill(seed), b.Register((ulong)length));
            b.PostReceive(7, target.Whole);
            Assert.Equal(IBV_WC_SUCCESS, a.Do(Post.Send(1, source.Whole)).status);
            Assert.Equal((uint)length, b.ReceiveCq.TakeOne().byte_len);
            Assert.True(source.Bytes.SequenceEqual(target.Bytes));
        },
        iter: 20,
        threads: 1);

    [Fact]
    public void A_reset_of_the_peer_in_the_middle_of_a_message_drops_the_rest()
    {
        ulong length = (ulong)_rig.Options.BytesPerDrain * 2;
        var (source, target) = (_a.Register(length).Fill(1), _b.Register(length));
        _b.PostReceive(7, target.Whole);
        _a.PostSend(Post.Send(1, source.Whole));
        Assert.Equal(DrainStatus.More, _rig.Engine.Drain(_a.Qp.Number, _rig.Now).Status);
        Rig.Ok(_b.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
        Rig.Ok(_b.Modify(Rig.InitAttributes, Rig.ToInit));
        Rig.Ok(_b.Modify(Rig.RtrAttributes(_a.Qp.Number), Rig.UnreliableToRtr));
        _b.PostReceive(8, target.Whole);
        _rig.Run();

        Assert.Equal((1UL, IBV_WC_SUCCESS), _a.SendCq.TakeOne() is var c ? (c.wr_id, c.status) : default);
        Assert.Empty(_b.ReceiveCq.TakeAll());
    }
}
