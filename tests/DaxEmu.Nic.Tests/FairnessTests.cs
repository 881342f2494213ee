namespace DaxEmu.Nic.Tests;

/// <summary>One turn is bounded in bytes and in work requests, so that one queue pair does not hold up the others.</summary>
public sealed class FairnessTests : IDisposable
{
    private readonly Rig _rig = new(Rig.SmallOptions with { BytesPerDrain = 64 * 1024, WorkRequestsPerDrain = 8 });
    private readonly Endpoint _a;
    private readonly Endpoint _b;

    public FairnessTests() => (_a, _b) = _rig.NewPair();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_turn_copies_no_more_than_its_share_of_a_long_transfer()
    {
        var source = _a.Register(200_000);
        source.Bytes.Fill(1);
        var target = _b.Register(200_000);
        _a.PostSend(Post.Write(1, target, 0, source.Whole));
        for (int turn = 1; turn <= 3; turn++)
        {
            Assert.Equal(DrainStatus.More, _rig.Engine.Drain(_a.Qp.Number, 1).Status);
            Assert.Equal(turn * 64 * 1024, target.Bytes.IndexOf((byte)0));
            Assert.True(_a.SendCq.Ring.IsEmpty);
        }

        Assert.Equal(DrainStatus.Idle, _rig.Engine.Drain(_a.Qp.Number, 1).Status);
        Assert.Single(_a.SendCq.TakeAll());
    }

    [Fact]
    public void A_turn_copies_no_more_than_its_share_of_several_transfers()
    {
        var source = _a.Register(40_000);
        var target = _b.Register(40_000);
        for (ulong id = 1UL; id <= 4; id++)
        {
            _a.PostSend(Post.Write(id, target, 0, source.Whole));
        }

        Assert.Equal(DrainStatus.More, _rig.Engine.Drain(_a.Qp.Number, 1).Status);
        Assert.Single(_a.SendCq.TakeAll());
    }

    [Fact]
    public void A_turn_completes_no_more_than_its_share_of_work_requests()
    {
        var target = _b.Register(64);
        for (ulong id = 1UL; id <= 20; id++)
        {
            _a.PostSend(Post.Write(id, target, 0));
        }

        Assert.Equal(DrainStatus.More, _rig.Engine.Drain(_a.Qp.Number, 1).Status);
        Assert.Equal(8, _a.SendCq.TakeAll().Count);
    }

    [Fact]
    public void A_flush_is_bounded_too()
    {
        for (ulong id = 1UL; id <= 20; id++)
        {
            _a.PostReceive(id);
        }

        Rig.Ok(_a.Modify(new QpAttributes { State = Abi.ibv_qp_state.IBV_QPS_ERR }, Abi.ibv_qp_attr_mask.IBV_QP_STATE));
        Assert.Equal(DrainStatus.More, _rig.Engine.Drain(_a.Qp.Number, 1).Status);
        Assert.Equal(8, _a.ReceiveCq.TakeAll().Count);
    }
}
