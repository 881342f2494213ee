using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>Signalling, notification and overflow.</summary>
public sealed class CompletionQueueTests : IDisposable
{
    private readonly Rig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(false, 0U, 0)]
    [InlineData(false, IBV_SEND_SIGNALED, 1)]
    [InlineData(true, 0U, 1)]
    public void A_send_is_reported_when_it_or_its_queue_pair_asks_for_it(bool signalAll, uint flags, int completions)
    {
        var a = _rig.NewEndpoint(signalAll: signalAll);
        var b = _rig.NewEndpoint();
        Rig.Connect(a, b);
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole) with { Flags = flags });
        _rig.Run();
        Assert.Equal(completions, a.SendCq.TakeAll().Count);
        Assert.Equal(0U, a.SendRing.Count);
    }

    [Fact]
    public void A_failed_send_is_reported_even_unasked()
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Write(1, b.Register(64), 1, a.Register(64).Whole) with { Flags = 0 });
        _rig.Run();
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void An_armed_queue_tells_once_of_the_next_completion()
    {
        var (a, b) = _rig.NewPair();
        var (local, remote) = (a.Register(64), b.Register(64));
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        a.Do(Post.Write(1, remote, 0, local.Whole));
        a.Do(Post.Write(2, remote, 0, local.Whole));
        Assert.Equal([a.SendCq.Cq.Number], _rig.Events.Completions);
    }

    [Fact]
    public void Arming_tells_at_once_of_a_completion_that_came_since_the_last_event_and_is_not_taken_yet()
    {
        var (a, b) = _rig.NewPair();
        var (local, remote) = (a.Register(64), b.Register(64));
        a.PostSend(Post.Write(1, remote, 0, local.Whole));
        _rig.Run();
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        Assert.Equal([a.SendCq.Cq.Number], _rig.Events.Completions);

        // The event has disarmed it.
        a.PostSend(Post.Write(2, remote, 0, local.Whole));
        _rig.Run();
        Assert.Single(_rig.Events.Completions);
    }

    [Fact]
    public void Arming_tells_nothing_of_completions_that_are_taken()
    {
        var (a, b) = _rig.NewPair();
        a.Do(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        Assert.Empty(_rig.Events.Completions);
    }

    [Fact]
    public void Arming_tells_nothing_of_completions_that_an_event_told_of()
    {
        var (a, b) = _rig.NewPair();
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        Assert.Single(_rig.Events.Completions);
    }

    [Theory]
    [InlineData(0U, 0)]
    [InlineData(IBV_SEND_SOLICITED, 1)]
    public void Arming_for_solicited_completions_tells_at_once_only_of_those(uint flag, int events)
    {
        var (a, b) = _rig.NewPair();
        b.PostReceive(1, b.Register(64).Whole);
        a.Do(Post.Send(2, a.Register(64).Whole) with { Flags = flag });
        Rig.Ok(_rig.Device.ArmCompletionQueue(b.ReceiveCq.Cq, solicitedOnly: true));
        Assert.Equal(events, _rig.Events.Completions.Count);
    }

    [Theory]
    [InlineData(0xffff_0000U)]
    [InlineData(40U)]
    public unsafe void Arming_tells_nothing_when_the_consumer_index_cannot_be(uint consumer)
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        a.SendCq.Ring.Header->consumer_index = consumer;
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        Assert.Empty(_rig.Events.Completions);
    }

    [Theory]
    [InlineData(0U, 0)]
    [InlineData(IBV_SEND_SOLICITED, 1)]
    public void Armed_for_solicited_completions_only_those_tell(uint flag, int events)
    {
        var (a, b) = _rig.NewPair();
        Rig.Ok(_rig.Device.ArmCompletionQueue(b.ReceiveCq.Cq, solicitedOnly: true));
        b.PostReceive(1, b.Register(64).Whole);
        a.Do(Post.Send(2, a.Register(64).Whole) with { Flags = flag });
        Assert.Equal(events, _rig.Events.Completions.Count);
    }

    [Fact]
    public void Armed_for_solicited_completions_a_failed_one_tells_too()
    {
        var (a, b) = _rig.NewPair();
        Rig.Ok(_rig.Device.ArmCompletionQueue(b.ReceiveCq.Cq, solicitedOnly: true));
        b.PostReceive(1, b.Register(8).Whole);
        a.Do(Post.Send(2, a.Register(64).Whole));
        Assert.Equal([b.ReceiveCq.Cq.Number], _rig.Events.Completions);
    }

    [Fact]
    public void Arming_for_solicited_ones_does_not_take_back_arming_for_all()
    {
        var (a, b) = _rig.NewPair();
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: true));
        a.Do(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        Assert.Single(_rig.Events.Completions);
    }

    [Fact]
    public void A_queue_of_n_entries_holds_at_least_n()
    {
        var cq = _rig.NewCq(entries: 7);
        Assert.Equal(7U, cq.Cq.Layout.Capacity);
        var (a, b) = PairOn(cq);
        var (local, remote) = (a.Register(64), b.Register(64));
        for (ulong id = 1UL; id <= 7; id++)
        {
            a.PostSend(Post.Write(id, remote, 0, local.Whole));
        }

        _rig.Run();
        Assert.Equal(7, cq.TakeAll().Count);
        Assert.False(cq.Cq.IsInError);
    }

    [Fact]
    public void Overflow_keeps_what_is_there_fails_the_queue_and_its_queue_pairs_and_counts_the_rest()
    {
        var cq = _rig.NewCq(entries: 3);
        var (a, b) = PairOn(cq);
        var (c, _) = PairOn(cq);
        var (local, remote) = (a.Register(64), b.Register(64));
        for (ulong id = 1UL; id <= 6; id++)
        {
            a.PostSend(Post.Write(id, remote, 0, local.Whole));
        }

        _rig.Run();

        Assert.Equal([1UL, 2UL, 3UL], cq.TakeAll().Select(w => w.wr_id));
        Assert.True(cq.Cq.IsInError);
        Assert.Equal(3UL, cq.Cq.LostCompletions);
        Assert.Equal((IBV_QPS_ERR, IBV_QPS_ERR, IBV_QPS_RTS), (a.State, c.State, b.State));
        Assert.Equal(
            [(IBV_EVENT_CQ_ERR, cq.Cq.Number), (IBV_EVENT_QP_FATAL, a.Qp.Number), (IBV_EVENT_QP_FATAL, c.Qp.Number)],
            _rig.Events.Async.Select(e => (e.Type, e.Number)));

        a.PostSend(Post.Write(7, remote, 0, local.Whole));
        _rig.Run();
        Assert.Empty(cq.TakeAll());
        Assert.Equal(4UL, cq.Cq.LostCompletions);
    }

    [Fact]
    public void A_queue_in_error_gets_no_more_queue_pairs()
    {
        var cq = Overflow();
        foreach (bool isSend in new[] { true, false })
        {
            var domain = Rig.Ok(_rig.Device.AllocateDomain(1));
            var good = _rig.NewCq();
            var capabilities = new QpCapabilities(1, 1, 1, 1, 0).Granted;
            QueuePairRequest request = new(
                2, capabilities, _rig.NewRing(capabilities.SendRing).Location, _rig.NewRing(capabilities.ReceiveRing).Location,
                isSend ? cq.Cq : good.Cq, isSend ? good.Cq : cq.Cq, SignalAll: false, Cookie: 1);
            Assert.Equal(EINVAL, _rig.Device.CreateQueuePair(domain, request).Errno);
        }
    }

    [Fact]
    public void A_queue_pair_that_was_idle_when_its_queue_failed_fails_at_its_first_completion()
    {
        var cq = _rig.NewCq(entries: 3);
        var idle = _rig.NewEndpoint(sendCq: cq);
        Overflow(cq);
        var peer = _rig.NewEndpoint();
        Rig.Connect(idle, peer);
        _rig.Events.Async.Clear();

        idle.PostSend(Post.Write(1, peer.Register(64), 0, idle.Register(64).Whole));
        _rig.Run();

        Assert.Equal([(IBV_EVENT_QP_FATAL, idle.Qp.Number, idle.Qp.Request.Cookie)], _rig.Events.Async);
        Assert.Equal(IBV_QPS_ERR, idle.State);
    }

    [Fact]
    public void Overflow_at_the_receiver_is_an_operation_error_for_the_sender()
    {
        var cq = _rig.NewCq(entries: 1);
        var a = _rig.NewEndpoint();
        var b = _rig.NewEndpoint(receiveCq: cq);
        Rig.Connect(a, b);
        var memory = a.Register(64);
        b.PostReceive(1, b.Register(64).Whole);
        b.PostReceive(2, b.Register(64).Whole);
        Assert.Equal(IBV_WC_SUCCESS, a.Do(Post.Send(1, memory.Whole)).status);
        Assert.Equal(IBV_WC_REM_OP_ERR, a.Do(Post.Send(2, memory.Whole)).status);
        Assert.Equal((1UL, 1UL), (cq.TakeOne().wr_id, cq.Cq.LostCompletions));
    }

    [Theory]
    [InlineData(64U)]
    [InlineData(0xffff_ffffU)]
    [InlineData(5U)]
    public unsafe void A_scribbled_consumer_index_fails_the_queue(uint index)
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        a.SendCq.Ring.Header->consumer_index = index;
        _rig.Run();
        Assert.True(a.SendCq.Cq.IsInError);
        Assert.Equal(IBV_QPS_ERR, a.State);
        Assert.Equal(IBV_QPS_RTS, b.State);
    }

    [Fact]
    public void A_queue_in_use_is_busy_until_its_last_queue_pair_is_gone()
    {
        var a = _rig.NewEndpoint();
        var busy = _rig.Device.DestroyCompletionQueue(a.SendCq.Cq);
        Assert.Equal(EBUSY, busy.Errno);
        Rig.Ok(_rig.Device.DestroyQueuePair(a.Qp));
        Rig.Ok(_rig.Device.DestroyCompletionQueue(a.SendCq.Cq));
        Assert.Equal(EINVAL, _rig.Device.DestroyCompletionQueue(a.SendCq.Cq).Errno);
        Assert.Equal(EINVAL, _rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false).Errno);
        Assert.Null(_rig.Device.FindCompletionQueue(a.SendCq.Cq.Number));
    }

    [Theory]
    [InlineData(0U)]
    [InlineData((1U << 20) + 1)]
    public void A_number_of_entries_outside_the_limits_is_refused(uint entries) =>
        Assert.Equal(EINVAL, _rig.Device.CreateCompletionQueue(1, entries, default, 0).Errno);

    [Fact]
    public unsafe void A_ring_that_does_not_fit_its_mapping_is_refused()
    {
        var memory = _rig.Allocate(4096);
        int mapping = _rig.Mappings.Add((nint)memory.Start, 4096).Value;
        Assert.Equal(EINVAL, _rig.Device.CreateCompletionQueue(1, 1000, new RingLocation(mapping, 0), 0).Errno);
        Assert.Equal(EINVAL, _rig.Device.CreateCompletionQueue(1, 1, new RingLocation(mapping, 32), 0).Errno);
        Assert.Equal(EINVAL, _rig.Device.CreateCompletionQueue(1, 1, new RingLocation(mapping, ulong.MaxValue - 63), 0).Errno);
        Assert.Equal(EINVAL, _rig.Device.CreateCompletionQueue(1, 1, new RingLocation(-1, 0), 0).Errno);
    }

    [Fact]
    public void Completions_of_several_queue_pairs_share_a_queue_in_the_order_they_came()
    {
        var cq = _rig.NewCq();
        var (a, b) = PairOn(cq);
        var (c, d) = PairOn(cq);
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        c.PostSend(Post.Write(2, d.Register(64), 0, c.Register(64).Whole));
        _rig.Run();
        Assert.Equal([(1UL, a.Qp.Number), (2UL, c.Qp.Number)], cq.TakeAll().Select(w => (w.wr_id, w.qp_num)));
    }

    private TestCq Overflow(TestCq? queue = null)
    {
        var cq = queue ?? _rig.NewCq(entries: 3);
        var (a, b) = PairOn(cq);
        var (local, remote) = (a.Register(64), b.Register(64));
        for (ulong id = 1UL; id <= 4; id++)
        {
            a.PostSend(Post.Write(id, remote, 0, local.Whole));
        }

        _rig.Run();
        Assert.True(cq.Cq.IsInError);
        return cq;
    }

    private (Endpoint A, Endpoint B) PairOn(TestCq cq)
    {
        var a = _rig.NewEndpoint(sendCq: cq);
        var b = _rig.NewEndpoint();
        Rig.Connect(a, b);
        return (a, b);
    }
}
