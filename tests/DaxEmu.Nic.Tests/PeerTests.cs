using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>What a requester does when its peer has no receive, is not ready, or is gone.</summary>
public sealed class PeerTests : IDisposable
{
    // min_rnr_timer 12: 0.64 ms (IBTA, RNR NAK timer field).
    private const long RnrDelay = 640_000;

    private readonly Rig _rig = new();

    public void Dispose() => _rig.Dispose();

    public static TheoryData<uint, long> RnrTimers()
    {
        // Milliseconds, as the specification's table prints them.
        decimal[] table =
        [
            655.36m, 0.01m, 0.02m, 0.03m, 0.04m, 0.06m, 0.08m, 0.12m, 0.16m, 0.24m, 0.32m, 0.48m, 0.64m, 0.96m, 1.28m, 1.92m,
            2.56m, 3.84m, 5.12m, 7.68m, 10.24m, 15.36m, 20.48m, 30.72m, 40.96m, 61.44m, 81.92m, 122.88m, 163.84m, 245.76m, 327.68m, 491.52m,
        ];
        TheoryData<uint, long> data = new();
        for (uint timer = 0U; timer < 32; timer++)
        {
            data.Add(timer, (long)(table[timer] * 1_000_000));
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(RnrTimers))]
    public void The_receiver_not_ready_timer_has_the_specifications_values(uint timer, long nanoseconds) =>
        Assert.Equal(nanoseconds, RnrTimer.DelayOf(timer));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    public void Without_a_receive_the_send_fails_after_the_retries_it_may_make(byte retries)
    {
        var (a, _) = _rig.NewPair(rts: Rig.RtsAttributes with { RnrRetry = retries });
        a.PostSend(Post.Send(1, a.Register(64).Whole));
        _rig.Run();
        for (int retry = 0; retry < retries; retry++)
        {
            Assert.True(a.SendCq.Ring.IsEmpty);
            _rig.Advance(RnrDelay - 1);
            Assert.True(a.SendCq.Ring.IsEmpty);
            _rig.Advance(1);
        }

        Assert.Equal(IBV_WC_RNR_RETRY_EXC_ERR, a.SendCq.TakeOne().status);
        Assert.Equal(IBV_QPS_ERR, a.State);
    }

    [Fact]
    public void Seven_receiver_not_ready_retries_are_without_limit()
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Send(1, a.Register(64).Whole));
        for (int i = 0; i < 100; i++)
        {
            _rig.Advance(RnrDelay);
        }

        Assert.True(a.SendCq.Ring.IsEmpty);
        b.PostReceive(7, b.Register(64).Whole);
        _rig.Run();
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void A_blocked_sender_asks_to_be_called_again_long_before_its_timer_and_takes_the_receive_then()
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Send(1, a.Register(64).Whole));
        var result = _rig.Engine.Drain(a.Qp.Number, _rig.Now);
        Assert.Equal(DrainStatus.Blocked, result.Status);
        Assert.InRange(result.WakeAt, _rig.Now + 1, _rig.Now + 20_000);
        b.PostReceive(7, b.Register(64).Whole);
        Assert.Equal(DrainStatus.Idle, _rig.Engine.Drain(a.Qp.Number, result.WakeAt).Status);
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void Looking_too_early_uses_up_no_retry()
    {
        var (a, b) = _rig.NewPair(rts: Rig.RtsAttributes with { RnrRetry = 1 });
        a.PostSend(Post.Send(1, a.Register(64).Whole));
        for (int i = 0; i < 50; i++)
        {
            _rig.Run();
        }

        b.PostReceive(7, b.Register(64).Whole);
        _rig.Run();
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void A_message_behind_a_blocked_one_waits_its_turn()
    {
        var (a, b) = _rig.NewPair();
        var remote = b.Register(64);
        a.PostSend(Post.Send(1, a.Register(64).Whole));
        a.PostSend(Post.Write(2, remote, 0, a.Register(64).Fill(1).Whole));
        _rig.Run();
        Assert.Equal(-1, remote.Bytes.IndexOfAnyExcept((byte)0));
        b.PostReceive(7, b.Register(64).Whole);
        _rig.Run();
        Assert.Equal([1UL, 2UL], a.SendCq.TakeAll().Select(c => c.wr_id));
    }

    [Fact]
    public void A_peer_that_becomes_ready_in_time_gets_the_message_and_its_sender_is_woken()
    {
        var a = _rig.NewEndpoint();
        var b = _rig.NewEndpoint();
        Rig.Connect(a, b.Qp.Number);
        var remote = b.Register(64);
        a.PostSend(Post.Write(1, remote, 0, a.Register(64).Fill(3).Whole));
        _rig.Run();
        Assert.True(a.SendCq.Ring.IsEmpty);
        _rig.Events.Drains.Clear();
        Rig.Ready(b, a.Qp.Number);
        Assert.Contains(a.Qp.Number, _rig.Events.Drains);
        _rig.Run();
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void The_first_message_to_a_queue_pair_that_is_only_ready_to_receive_tells_it_that_the_connection_stands()
    {
        var a = _rig.NewEndpoint();
        var b = _rig.NewEndpoint();
        Rig.Connect(a, b.Qp.Number);
        Rig.Ready(b, a.Qp.Number);
        var (local, remote) = (a.Register(64), b.Register(64));
        Assert.Empty(_rig.Events.Async);
        a.Do(Post.Write(1, remote, 0, local.Whole));
        a.Do(Post.Write(2, remote, 0, local.Whole));
        Assert.Equal([(IBV_EVENT_COMM_EST, b.Qp.Number, b.Qp.Request.Cookie)], _rig.Events.Async);

        Rig.Ok(b.Modify(Rig.RtsAttributes, Rig.ToRts));
        a.Do(Post.Write(3, remote, 0, local.Whole));
        Assert.Single(_rig.Events.Async);
    }

    [Fact]
    public void A_queue_pair_that_is_ready_to_send_already_is_not_told()
    {
        var (a, b) = _rig.NewPair();
        a.Do(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        Assert.Empty(_rig.Events.Async);
    }

    [Fact]
    public void A_failed_request_tells_the_host_to_look_at_its_queue_pair()
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Write(1, b.Register(64), 1, a.Register(64).Whole));
        _rig.Events.Drains.Clear();
        _rig.Engine.Drain(a.Qp.Number, _rig.Now);
        Assert.Equal(IBV_QPS_ERR, a.State);
        Assert.Contains(a.Qp.Number, _rig.Events.Drains);
    }

    [Theory]
    [InlineData(0, 14)]
    [InlineData(7, 10)]
    public void A_peer_that_never_answers_is_a_retry_error_after_timeout_and_retries(byte retries, byte timeout)
    {
        var a = _rig.NewEndpoint();
        Rig.Ready(a, _rig.NewEndpoint().Qp.Number);
        Rig.Ok(a.Modify(Rig.RtsAttributes with { RetryCount = retries, Timeout = timeout }, Rig.ToRts));
        a.PostSend(Post.Write(1, a.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        _rig.Advance((4096L << timeout) * (retries + 1) - 1);
        Assert.True(a.SendCq.Ring.IsEmpty);
        _rig.Advance(1);
        Assert.Equal(IBV_WC_RETRY_EXC_ERR, a.SendCq.TakeOne().status);
        Assert.Equal(IBV_QPS_ERR, a.State);
    }

    [Fact]
    public void A_timeout_of_zero_waits_for_ever()
    {
        var a = _rig.NewEndpoint();
        Rig.Ready(a, 0x123456);
        Rig.Ok(a.Modify(Rig.RtsAttributes with { Timeout = 0 }, Rig.ToRts));
        a.PostSend(Post.Write(1, a.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        _rig.Advance(long.MaxValue / 4);
        Assert.True(a.SendCq.Ring.IsEmpty);
    }

    [Fact]
    public void A_peer_connected_to_somebody_else_does_not_answer()
    {
        var (_, b) = _rig.NewPair();
        var intruder = _rig.NewEndpoint();
        Rig.Connect(intruder, b.Qp.Number);
        var remote = b.Register(64);
        intruder.PostSend(Post.Write(1, remote, 0, intruder.Register(64).Fill(1).Whole));
        _rig.Run();
        _rig.Advance(1_000_000_000);
        Assert.Equal(IBV_WC_RETRY_EXC_ERR, intruder.SendCq.TakeOne().status);
        Assert.Equal(-1, remote.Bytes.IndexOfAnyExcept((byte)0));
        Assert.Equal(IBV_QPS_RTS, b.State);
    }

    [Fact]
    public void An_ordinary_destroy_is_found_out_by_the_next_send()
    {
        var (a, b) = _rig.NewPair();
        Rig.Ok(_rig.Device.DestroyQueuePair(b.Qp));
        _rig.Run();
        Assert.Equal(IBV_QPS_RTS, a.State);
        a.PostSend(Post.Write(1, a.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        _rig.Advance(1_000_000_000);
        Assert.Equal(IBV_WC_RETRY_EXC_ERR, a.SendCq.TakeOne().status);
        Assert.Empty(_rig.Events.Async);
    }

    [Fact]
    public void A_new_queue_pair_in_the_place_of_a_dead_peer_is_not_taken_for_it()
    {
        using Rig rig = new(Rig.SmallOptions with { MaxQueuePairs = 2 });
        var (a, b) = rig.NewPair();
        Rig.Ok(rig.Device.DestroyQueuePair(b.Qp));
        var heir = rig.NewEndpoint();
        Assert.NotEqual(b.Qp.Number, heir.Qp.Number);
        Rig.Connect(heir, a.Qp.Number);
        a.PostSend(Post.Send(1, a.Register(64).Whole));
        heir.PostReceive(7, heir.Register(64).Whole);
        rig.Run();
        rig.Advance(1_000_000_000);
        Assert.Equal(IBV_WC_RETRY_EXC_ERR, a.SendCq.TakeOne().status);
        Assert.Empty(heir.ReceiveCq.TakeAll());
    }

    [Fact]
    public void A_dead_owner_takes_its_objects_along_and_its_peers_get_errors_at_once()
    {
        var (a, b) = _rig.NewPair();
        b.Register(4096);
        a.PostReceive(1, a.Register(64).Whole);
        a.PostSend(Post.Send(2, a.Register(64).Whole));
        _rig.Run();
        _rig.Device.ReleaseOwner(2);

        Assert.Null(_rig.Device.FindQueuePair(b.Qp.Number));
        Assert.Equal([(IBV_EVENT_QP_FATAL, a.Qp.Number, a.Qp.Request.Cookie)], _rig.Events.Async);
        Assert.Contains(a.Qp.Number, _rig.Events.Drains);
        _rig.Run();
        Assert.Equal((2UL, IBV_WC_WR_FLUSH_ERR), a.SendCq.TakeOne() is var s ? (s.wr_id, s.status) : default);
        Assert.Equal((1UL, IBV_WC_WR_FLUSH_ERR), a.ReceiveCq.TakeOne() is var r ? (r.wr_id, r.status) : default);
        Assert.Equal(IBV_QPS_ERR, a.State);
    }

    [Fact]
    public void A_message_cut_short_by_a_reset_of_the_peer_begins_anew()
    {
        var (a, b) = _rig.NewPair();
        var source = a.Register(1 << 20).Fill(1);
        var target = b.Register(1 << 20);
        b.PostReceive(1, target.Whole);
        a.PostSend(Post.Send(2, source.Whole));
        Assert.Equal(DrainStatus.More, _rig.Engine.Drain(a.Qp.Number, _rig.Now).Status);
        Rig.Ok(b.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
        target.Bytes.Clear();
        Rig.Connect(b, a.Qp.Number);
        b.PostReceive(3, target.Whole);
        _rig.Run();
        Assert.Equal((3UL, IBV_WC_SUCCESS), b.ReceiveCq.TakeOne() is var r ? (r.wr_id, r.status) : default);
        Assert.True(source.Bytes.SequenceEqual(target.Bytes));
    }
}
