using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>Attributes' values, and what states do to work that is posted.</summary>
public sealed class ModifyTests : IDisposable
{
    private readonly Rig _rig = new();

    public void Dispose() => _rig.Dispose();

    public static TheoryData<string, uint, int> BadRtrValues() => new()
    {
        { "no global route", 0, EINVAL },
        { "unknown destination GID", 1, ENETUNREACH },
        { "empty destination GID", 2, ENETUNREACH },
        { "empty source GID", 3, EINVAL },
        { "port 2 in the path", 4, EINVAL },
        { "MTU 0", 5, EINVAL },
        { "MTU 6", 6, EINVAL },
        { "more reads than the device has", 7, EINVAL },
        { "RNR timer 32", 8, EINVAL },
        { "QP number of 25 bits", 9, EINVAL },
    };

    [Theory]
    [MemberData(nameof(BadRtrValues))]
    public void A_bad_value_is_refused_and_changes_nothing(string what, uint which, int errno)
    {
        var good = Rig.RtrAttributes(5);
        var bad = which switch
        {
            0 => good with { Path = good.Path with { IsGlobal = false } },
            1 => good with { Path = good.Path with { DestinationGid = new Gid(1) } },
            2 => good with { Path = good.Path with { DestinationGid = default } },
            3 => good with { Path = good.Path with { SourceGidIndex = 1 } },
            4 => good with { Path = good.Path with { PortNumber = 2 } },
            5 => good with { PathMtu = 0 },
            6 => good with { PathMtu = 6 },
            7 => good with { MaxDestinationReadAtomic = 129 },
            8 => good with { MinRnrTimer = 32 },
            _ => good with { DestinationQpNumber = 1 << 24 },
        };
        var endpoint = _rig.NewEndpoint();
        Rig.Ok(endpoint.Modify(Rig.InitAttributes, Rig.ToInit));
        var result = endpoint.Modify(bad, Rig.ToRtr);
        Assert.Equal((what, errno), (what, result.Errno));
        Assert.NotEmpty(result.Reason);
        Assert.Equal(IBV_QPS_INIT, endpoint.State);
    }

    [Fact]
    public void A_wrong_current_state_is_refused_with_the_real_one()
    {
        var (a, _) = _rig.NewPair();
        var result = a.Modify(new QpAttributes { CurrentState = IBV_QPS_RTR }, IBV_QP_CUR_STATE);
        Assert.Equal((EINVAL, "the queue pair is in RTS, not in RTR"), (result.Errno, result.Reason));
    }

    [Fact]
    public void Query_gives_back_what_was_set()
    {
        var (a, b) = _rig.NewPair();
        Rig.Ok(a.Modify(new QpAttributes { MinRnrTimer = 3, PathMigrationState = 1 }, IBV_QP_MIN_RNR_TIMER | IBV_QP_PATH_MIG_STATE));
        var now = Rig.Ok(_rig.Device.QueryQueuePair(a.Qp));
        Assert.Equal((IBV_QPS_RTS, IBV_QPS_RTS, b.Qp.Number), (now.State, now.CurrentState, now.DestinationQpNumber));
        Assert.Equal((3, 14, 7, 7), (now.MinRnrTimer, now.Timeout, now.RetryCount, now.RnrRetry));
        Assert.Equal((Rig.AllAccess, Rig.LocalGid, 1U), (now.AccessFlags, now.Path.DestinationGid, now.PathMigrationState));
    }

    [Fact]
    public void Work_posted_before_ready_to_send_waits_for_it()
    {
        var a = _rig.NewEndpoint();
        var b = _rig.NewEndpoint();
        Rig.Ready(b, a.Qp.Number);
        Rig.Ready(a, b.Qp.Number);
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        Assert.True(a.SendCq.Ring.IsEmpty);
        Rig.Ok(a.Modify(Rig.RtsAttributes, Rig.ToRts));
        Assert.Contains(a.Qp.Number, _rig.Events.Drains);
        _rig.Run();
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void A_receiver_serves_its_peer_from_ready_to_receive_on()
    {
        var a = _rig.NewEndpoint();
        var b = _rig.NewEndpoint();
        Rig.Ready(b, a.Qp.Number);
        Rig.Connect(a, b.Qp.Number);
        b.PostReceive(1, b.Register(64).Whole);
        Assert.Equal(IBV_WC_SUCCESS, a.Do(Post.Send(2, a.Register(64).Whole)).status);
    }

    [Fact]
    public void Error_flushes_both_queues_in_order_and_what_is_posted_later()
    {
        var (a, b) = _rig.NewPair();
        var memory = a.Register(64);
        for (ulong id = 1UL; id <= 5; id++)
        {
            a.PostReceive(id, memory.Whole);
            a.PostSend(Post.Send(10 + id, memory.Whole) with { Flags = 0 });
        }

        Rig.Ok(a.Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
        Assert.Contains(a.Qp.Number, _rig.Events.Drains);
        var result = _rig.Engine.Drain(a.Qp.Number, _rig.Now);
        Assert.Equal(DrainStatus.Blocked, result.Status);
        Assert.Equal([11UL, 12UL, 13UL, 14UL, 15UL], a.SendCq.TakeAll().Select(Flushed));
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 5UL], a.ReceiveCq.TakeAll().Select(Flushed));
        Assert.Empty(b.ReceiveCq.TakeAll());

        a.PostReceive(6, memory.Whole);
        a.PostSend(Post.Send(16, memory.Whole));
        Assert.InRange(result.WakeAt, _rig.Now + 1, _rig.Now + 1_000_000);
        _rig.Engine.Drain(a.Qp.Number, result.WakeAt);
        Assert.Equal(6UL, Flushed(a.ReceiveCq.TakeOne()));
        Assert.Equal(16UL, Flushed(a.SendCq.TakeOne()));
    }

    [Fact]
    public void An_error_in_the_middle_fails_one_and_flushes_the_rest()
    {
        var (a, b) = _rig.NewPair();
        var local = a.Register(64);
        var remote = b.Register(64);
        a.PostSend(Post.Write(1, remote, 0, local.Whole));
        a.PostSend(Post.Write(2, remote, 1, local.Whole));
        a.PostSend(Post.Write(3, remote, 0, local.Whole) with { Flags = 0 });
        _rig.Run();
        Assert.Equal(
            [(1UL, IBV_WC_SUCCESS), (2UL, IBV_WC_REM_ACCESS_ERR), (3UL, IBV_WC_WR_FLUSH_ERR)],
            a.SendCq.TakeAll().Select(c => (c.wr_id, c.status)));
    }

    [Fact]
    public void Reset_forgets_what_was_posted_without_completions_and_a_new_connection_works()
    {
        var (a, b) = _rig.NewPair();
        a.PostReceive(1, a.Register(64).Whole);
        a.PostSend(Post.Send(2, a.Register(64).Whole));
        _rig.Run();
        Rig.Ok(a.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
        Rig.Ok(b.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
        Assert.Equal((0U, 0U), (a.SendRing.Count, a.ReceiveRing.Count));
        _rig.Run();
        Assert.Empty(a.SendCq.TakeAll());
        Assert.Empty(a.ReceiveCq.TakeAll());
        Rig.Connect(a, b);
        b.PostReceive(3, b.Register(64).Whole);
        Assert.Equal((4UL, IBV_WC_SUCCESS), a.Do(Post.Send(4, a.Register(64).Whole)) is var c ? (c.wr_id, c.status) : default);
    }

    [Fact]
    public void Draining_finishes_the_current_request_then_stops_and_tells()
    {
        var (a, b) = _rig.NewPair();
        var source = a.Register(1 << 20).Fill(1);
        var target = b.Register(1 << 20);
        a.PostSend(Post.Write(1, target, 0, source.Whole));
        a.PostSend(Post.Write(2, target, 0, source.Sge(0, 8)));
        Assert.Equal(DrainStatus.More, _rig.Engine.Drain(a.Qp.Number, _rig.Now).Status);
        QpAttributes drain = new() { State = IBV_QPS_SQD, NotifySendQueueDrained = true };
        Rig.Ok(a.Modify(drain, IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY));
        Assert.True(Rig.Ok(_rig.Device.QueryQueuePair(a.Qp)).SendQueueDraining);
        Assert.Equal(EINVAL, a.Modify(new QpAttributes { State = IBV_QPS_RTS }, IBV_QP_STATE).Errno);

        _rig.Run();
        Assert.Equal([1UL], a.SendCq.TakeAll().Select(c => c.wr_id));
        Assert.Equal([(IBV_EVENT_SQ_DRAINED, a.Qp.Number, a.Qp.Request.Cookie)], _rig.Events.Async);
        Assert.False(Rig.Ok(_rig.Device.QueryQueuePair(a.Qp)).SendQueueDraining);

        Rig.Ok(a.Modify(new QpAttributes { State = IBV_QPS_RTS }, IBV_QP_STATE));
        _rig.Run();
        Assert.Equal([2UL], a.SendCq.TakeAll().Select(c => c.wr_id));
        Assert.Single(_rig.Events.Async);
    }

    [Fact]
    public void A_reset_while_draining_drops_the_rest_and_raises_no_event()
    {
        var (a, b) = _rig.NewPair();
        var remote = b.Register(1 << 20);
        a.PostSend(Post.Write(1, remote, 0, a.Register(1 << 20).Whole));
        _rig.Engine.Drain(a.Qp.Number, _rig.Now);
        QpAttributes drain = new() { State = IBV_QPS_SQD, NotifySendQueueDrained = true };
        Rig.Ok(a.Modify(drain, IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY));

        Rig.Ok(a.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
        _rig.Run();

        Assert.Empty(a.SendCq.TakeAll());
        Assert.Empty(_rig.Events.Async);
        Assert.False(Rig.Ok(_rig.Device.QueryQueuePair(a.Qp)).SendQueueDraining);
        Rig.Connect(a, b.Qp.Number);
        a.PostSend(Post.Write(2, remote, 0, a.Register(64).Whole));
        _rig.Run();
        Assert.Equal([2UL], a.SendCq.TakeAll().Select(c => c.wr_id));
    }

    [Fact]
    public void A_request_that_waits_for_a_receive_keeps_the_send_queue_draining_until_it_is_over()
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Send(1, a.Register(64).Whole));
        _rig.Run();
        QpAttributes drain = new() { State = IBV_QPS_SQD, NotifySendQueueDrained = true };
        Rig.Ok(a.Modify(drain, IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY));
        _rig.Run();
        Assert.True(Rig.Ok(_rig.Device.QueryQueuePair(a.Qp)).SendQueueDraining);
        Assert.Empty(_rig.Events.Async);

        b.PostReceive(1, b.Register(64).Whole);
        _rig.Run();

        Assert.Equal([(IBV_EVENT_SQ_DRAINED, a.Qp.Number, a.Qp.Request.Cookie)], _rig.Events.Async);
    }

    [Fact]
    public void While_drained_the_retry_attributes_can_be_changed_and_hold_for_what_comes()
    {
        var (a, _) = _rig.NewPair();
        Rig.Ok(a.Modify(new QpAttributes { State = IBV_QPS_SQD }, IBV_QP_STATE));
        _rig.Run();
        Rig.Ok(a.Modify(new QpAttributes { RnrRetry = 0, RetryCount = 1, Timeout = 3 }, IBV_QP_RNR_RETRY | IBV_QP_RETRY_CNT | IBV_QP_TIMEOUT));
        Rig.Ok(a.Modify(new QpAttributes { State = IBV_QPS_RTS }, IBV_QP_STATE));
        Assert.Equal(((byte)0, (byte)1, (byte)3), Rig.Ok(_rig.Device.QueryQueuePair(a.Qp)) is var q ? (q.RnrRetry, q.RetryCount, q.Timeout) : default);

        a.PostSend(Post.Send(1, a.Register(64).Whole));
        _rig.Run();

        Assert.Equal(IBV_WC_RNR_RETRY_EXC_ERR, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void Draining_without_the_wish_to_know_raises_no_event()
    {
        var (a, _) = _rig.NewPair();
        Rig.Ok(a.Modify(new QpAttributes { State = IBV_QPS_SQD }, IBV_QP_STATE));
        _rig.Run();
        Assert.Empty(_rig.Events.Async);
    }

    private static ulong Flushed(Abi.ib_uverbs_wc completion)
    {
        Assert.Equal(IBV_WC_WR_FLUSH_ERR, completion.status);
        return completion.wr_id;
    }
}
