using DaxEmu.Abi;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>Receives that several queue pairs share: IBTA 10.2.9, ibv_create_srq(3), ibv_modify_srq(3).</summary>
public sealed class SharedReceiveQueueTests : IDisposable
{
    private readonly Rig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Messages_of_all_queue_pairs_take_receives_in_the_order_they_were_posted()
    {
        var (senders, receivers, srq) = NewStar(3);
        var target = receivers[0].Register(4096);
        for (ulong id = 1UL; id <= 6; id++)
        {
            srq.Post(id, target.Sge(id * 64, 64));
        }

        for (int i = 0; i < 6; i++)
        {
            var source = senders[i % 3].Register(64);
            source.Bytes.Fill((byte)(i + 1));
            Assert.Equal(IBV_WC_SUCCESS, senders[i % 3].Do(Post.Send((ulong)i, source.Whole)).status);
        }

        var received = receivers.SelectMany(r => r.ReceiveCq.TakeAll()).ToList();
        Assert.Equal([1UL, 2UL, 3UL, 4UL, 5UL, 6UL], received.Select(c => c.wr_id).Order());
        foreach (var completion in received)
        {
            // Sender i % 3 gave its message the value i + 1, and the receive i + 1.
            Assert.Equal(receivers[(int)(completion.wr_id - 1) % 3].Qp.Number, completion.qp_num);
            Assert.Equal((byte)completion.wr_id, target.Bytes[(int)completion.wr_id * 64]);
        }

        Assert.Equal(0U, srq.Ring.Count);
    }

    [Fact]
    public void Without_a_receive_the_sender_waits_as_for_a_receiver_that_is_not_ready()
    {
        var (senders, receivers, srq) = NewStar(1);
        senders[0].PostSend(Post.Send(1, senders[0].Register(64).Whole));
        _rig.Run();
        Assert.True(senders[0].SendCq.Ring.IsEmpty);

        srq.Post(7, receivers[0].Register(64).Whole);
        _rig.Run();

        Assert.Equal(IBV_WC_SUCCESS, senders[0].SendCq.TakeOne().status);
        Assert.Equal(7UL, receivers[0].ReceiveCq.TakeOne().wr_id);
    }

    [Fact]
    public void Receives_name_regions_of_the_shared_queues_domain()
    {
        var domain = Rig.Ok(_rig.Device.AllocateDomain(9));
        var srq = _rig.NewSrq(domain);
        var a = _rig.NewEndpoint();
        var b = _rig.NewEndpoint(srq: srq);
        Rig.Connect(a, b);
        srq.Post(1, _rig.Register(domain, 64, Rig.AllAccess).Whole);
        Assert.Equal(IBV_WC_SUCCESS, a.Do(Post.Send(1, a.Register(64).Whole)).status);

        srq.Post(2, b.Register(64).Whole);
        Assert.Equal(IBV_WC_REM_OP_ERR, a.Do(Post.Send(2, a.Register(64).Whole)).status);
        Assert.Equal([IBV_WC_SUCCESS, IBV_WC_LOC_PROT_ERR], b.ReceiveCq.TakeAll().Select(c => c.status));
    }

    [Fact]
    public void The_limit_event_comes_once_when_fewer_are_left_and_again_when_it_is_armed_again()
    {
        var (senders, receivers, srq) = NewStar(1);
        var target = receivers[0].Register(64).Whole;
        for (ulong id = 1UL; id <= 6; id++)
        {
            srq.Post(id, target);
        }

        Rig.Ok(_rig.Device.ArmSharedReceiveQueue(srq.Srq, 4));
        Assert.Equal(4U, Rig.Ok(_rig.Device.QuerySharedReceiveQueueLimit(srq.Srq)));
        var source = senders[0].Register(64).Whole;

        // 4 are left: not fewer than the limit.
        senders[0].Do(Post.Send(1, source));
        senders[0].Do(Post.Send(2, source));
        Assert.Empty(_rig.Events.Async);
        senders[0].Do(Post.Send(3, source));
        Assert.Equal([(IBV_EVENT_SRQ_LIMIT_REACHED, srq.Srq.Number, 55UL)], _rig.Events.Async);
        Assert.Equal(0U, Rig.Ok(_rig.Device.QuerySharedReceiveQueueLimit(srq.Srq)));
        senders[0].Do(Post.Send(4, source));
        Assert.Single(_rig.Events.Async);

        Rig.Ok(_rig.Device.ArmSharedReceiveQueue(srq.Srq, 4));
        senders[0].Do(Post.Send(5, source));
        Assert.Equal(2, _rig.Events.Async.Count);
    }

    [Fact]
    public void A_queue_pair_in_error_leaves_the_shared_receives_alone_and_says_that_it_takes_no_more()
    {
        var (senders, receivers, srq) = NewStar(2);
        srq.Post(1, receivers[0].Register(64).Whole);
        Rig.Ok(receivers[1].Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
        _rig.Run();
        _rig.Run();

        Assert.Equal([(IBV_EVENT_QP_LAST_WQE_REACHED, receivers[1].Qp.Number, receivers[1].Qp.Request.Cookie)], _rig.Events.Async);
        Assert.Empty(receivers[1].ReceiveCq.TakeAll());
        Assert.Equal(DrainStatus.Idle, _rig.Engine.Drain(receivers[1].Qp.Number, _rig.Now).Status);
        Assert.Equal(IBV_WC_SUCCESS, senders[0].Do(Post.Send(2, senders[0].Register(64).Whole)).status);
        Assert.Equal(1UL, receivers[0].ReceiveCq.TakeOne().wr_id);
    }

    [Fact]
    public void A_receive_that_a_message_was_filling_is_flushed_by_its_queue_pair_before_it_says_so()
    {
        var (senders, receivers, srq) = NewStar(1);
        srq.Post(1, receivers[0].Register(1 << 20).Whole);
        senders[0].PostSend(Post.Send(2, senders[0].Register(1 << 20).Whole));
        Assert.Equal(DrainStatus.More, _rig.Engine.Drain(senders[0].Qp.Number, _rig.Now).Status);
        Assert.Equal(0U, srq.Ring.Count);

        Rig.Ok(receivers[0].Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
        _rig.Run();

        var flushed = receivers[0].ReceiveCq.TakeOne();
        Assert.Equal((1UL, IBV_WC_WR_FLUSH_ERR), (flushed.wr_id, flushed.status));
        Assert.Single(_rig.Events.Async, e => e.Type == IBV_EVENT_QP_LAST_WQE_REACHED);
    }

    [Fact]
    public void A_message_too_long_for_its_receive_uses_it_up_and_fails_that_queue_pair_only()
    {
        var (senders, receivers, srq) = NewStar(2);
        srq.Post(1, receivers[0].Register(8).Whole);
        srq.Post(2, receivers[0].Register(64).Whole);
        Assert.Equal(IBV_WC_REM_INV_REQ_ERR, senders[0].Do(Post.Send(1, senders[0].Register(64).Whole)).status);
        Assert.Equal((1UL, IBV_WC_LOC_LEN_ERR), receivers[0].ReceiveCq.TakeOne() is var c ? (c.wr_id, c.status) : default);
        Assert.Equal((IBV_QPS_ERR, IBV_QPS_RTS), (receivers[0].State, receivers[1].State));
        Assert.Equal(IBV_WC_SUCCESS, senders[1].Do(Post.Send(2, senders[1].Register(64).Whole)).status);
    }

    [Fact]
    public unsafe void An_index_outside_the_ring_fails_the_shared_queue_once_and_who_needs_it()
    {
        var (senders, receivers, srq) = NewStar(2);
        var (c, d) = _rig.NewPair();
        srq.Ring.Header->producer_index = 0xffff_0000;
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(IBV_WC_REM_OP_ERR, senders[i].Do(Post.Send(1, senders[i].Register(64).Whole)).status);
        }

        Assert.True(srq.Srq.IsInError);
        Assert.Single(_rig.Events.Async, (IBV_EVENT_SRQ_ERR, srq.Srq.Number, 55UL));
        Assert.Equal([IBV_QPS_ERR, IBV_QPS_ERR], receivers.Select(r => r.State));
        Assert.Equal(EINVAL, _rig.Device.ArmSharedReceiveQueue(srq.Srq, 1).Errno);
        Assert.Equal(EINVAL, _rig.Device.QuerySharedReceiveQueueLimit(srq.Srq).Errno);
        d.PostReceive(1, d.Register(64).Whole);
        Assert.Equal(IBV_WC_SUCCESS, c.Do(Post.Send(1, c.Register(64).Whole)).status);
    }

    [Fact]
    public unsafe void More_elements_than_a_receive_may_have_fail_the_queue_pair_that_took_it()
    {
        var (senders, receivers, srq) = NewStar(1);
        ((rxe_recv_wqe*)srq.Ring.AtProducer)->dma.num_sge = uint.MaxValue;
        srq.Ring.AdvanceProducer();

        Assert.Equal(IBV_WC_REM_OP_ERR, senders[0].Do(Post.Send(1, senders[0].Register(64).Whole)).status);
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, receivers[0].ReceiveCq.TakeOne().status);
    }

    [Fact]
    public void A_resize_keeps_what_is_posted_in_order()
    {
        var (senders, receivers, srq) = NewStar(1);
        var target = receivers[0].Register(64).Whole;
        var source = senders[0].Register(64).Whole;
        srq.Post(1, target);
        senders[0].Do(Post.Send(1, source));
        for (ulong id = 2UL; id <= 20; id++)
        {
            srq.Post(id, target);
        }

        var (small, _) = _rig.NewRing(SharedReceiveQueueRequest.LayoutFor(18, 4));
        Rig.Ok(_rig.Device.ArmSharedReceiveQueue(srq.Srq, 2));
        Assert.Equal(EINVAL, _rig.Device.ResizeSharedReceiveQueue(srq.Srq, 1, small).Errno);
        var (location, ring) = _rig.NewRing(SharedReceiveQueueRequest.LayoutFor(100, 4));
        Rig.Ok(_rig.Device.ResizeSharedReceiveQueue(srq.Srq, 100, location));
        srq.Ring = ring;
        Assert.Equal(127U, srq.Srq.Layout.Capacity);
        for (ulong id = 21UL; id <= 100; id++)
        {
            srq.Post(id, target);
        }

        for (int i = 2; i <= 100; i++)
        {
            Assert.Equal(IBV_WC_SUCCESS, senders[0].Do(Post.Send(1, source)).status);
        }

        Assert.Equal(Enumerable.Range(1, 100).Select(i => (ulong)i), Drain(receivers[0]));
    }

    [Fact]
    public void A_resize_below_what_is_posted_is_refused()
    {
        var (_, receivers, srq) = NewStar(1);
        for (ulong id = 1UL; id <= 8; id++)
        {
            srq.Post(id, receivers[0].Register(64).Whole);
        }

        var (location, _) = _rig.NewRing(SharedReceiveQueueRequest.LayoutFor(7, 4));
        Assert.Equal(EINVAL, _rig.Device.ResizeSharedReceiveQueue(srq.Srq, 7, location).Errno);
        Assert.Equal(31U, srq.Srq.Layout.Capacity);
    }

    [Fact]
    public void It_and_its_domain_stay_while_they_are_used()
    {
        var (_, receivers, srq) = NewStar(1);
        Assert.Equal(EBUSY, _rig.Device.DestroySharedReceiveQueue(srq.Srq).Errno);
        Rig.Ok(_rig.Device.DestroyQueuePair(receivers[0].Qp));
        Assert.Equal(EBUSY, _rig.Device.DeallocateDomain(srq.Srq.Domain).Errno);
        Rig.Ok(_rig.Device.DestroySharedReceiveQueue(srq.Srq));
        Rig.Ok(_rig.Device.DeallocateDomain(srq.Srq.Domain));
        Assert.Equal(EINVAL, _rig.Device.DestroySharedReceiveQueue(srq.Srq).Errno);
        Assert.Equal(EINVAL, _rig.Device.ArmSharedReceiveQueue(srq.Srq, 0).Errno);
    }

    [Theory]
    [InlineData(0U, 1U)]
    [InlineData(1U << 20, 1U)]
    [InlineData(1U, 0U)]
    [InlineData(1U, 9U)]
    public void Capacities_out_of_range_are_refused(uint maxWr, uint maxSge)
    {
        var domain = Rig.Ok(_rig.Device.AllocateDomain(1));
        SharedReceiveQueueRequest request = new(maxWr, maxSge, 0, default, 0);
        Assert.Equal(EINVAL, _rig.Device.CreateSharedReceiveQueue(domain, request).Errno);
    }

    [Fact]
    public void There_are_as_many_as_the_limit_says_and_a_dead_owner_gives_its_own_back()
    {
        var domain = Rig.Ok(_rig.Device.AllocateDomain(1));
        for (int i = 0; i < 8; i++)
        {
            _rig.NewSrq(domain);
        }

        var (location, _) = _rig.NewRing(SharedReceiveQueueRequest.LayoutFor(1, 1));
        SharedReceiveQueueRequest request = new(1, 1, 0, location, 0);
        Assert.Equal(ENOMEM, _rig.Device.CreateSharedReceiveQueue(domain, request).Errno);
        _rig.Device.ReleaseOwner(1);
        Rig.Ok(_rig.Device.CreateSharedReceiveQueue(Rig.Ok(_rig.Device.AllocateDomain(2)), request));
    }

    [Fact]
    public void A_reset_queue_pair_gives_up_the_receive_it_had_taken()
    {
        var (senders, receivers, srq) = NewStar(1);
        var target = receivers[0].Register(1 << 20).Whole;
        srq.Post(1, target);
        senders[0].PostSend(Post.Send(2, senders[0].Register(1 << 20).Whole));
        _ = _rig.Engine.Drain(senders[0].Qp.Number, _rig.Now);
        Rig.Ok(receivers[0].Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
        Rig.Connect(receivers[0], senders[0].Qp.Number);
        srq.Post(3, target);
        _rig.Run();

        Assert.Equal((3UL, IBV_WC_SUCCESS), receivers[0].ReceiveCq.TakeOne() is var c ? (c.wr_id, c.status) : default);
    }

    private static IEnumerable<ulong> Drain(Endpoint endpoint)
    {
        return endpoint.ReceiveCq.TakeAll().Select(c => c.wr_id);
    }

    // Receivers that share a queue, each with a sender of its own.
    private (Endpoint[] Senders, Endpoint[] Receivers, TestSrq Srq) NewStar(int pairs)
    {
        var domain = Rig.Ok(_rig.Device.AllocateDomain(2));
        var srq = _rig.NewSrq(domain);
        Endpoint[] senders = [.. Enumerable.Range(0, pairs).Select(_ => _rig.NewEndpoint())];
        Endpoint[] receivers =
            [.. senders.Select(_ => _rig.NewEndpoint(owner: 2, domain: domain, srq: srq, receiveCq: _rig.NewCq(entries: 127)))];
        for (int i = 0; i < pairs; i++)
        {
            Rig.Connect(senders[i], receivers[i]);
        }

        return (senders, receivers, srq);
    }
}
