using static DaxEmu.Abi.errno;

namespace DaxEmu.Nic.Tests;

/// <summary>A completion queue gets another ring while it is in use: ibv_resize_cq(3).</summary>
public sealed class ResizeTests : IDisposable
{
    private readonly Rig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(3U)]
    [InlineData(7U)]
    [InlineData(1000U)]
    public void What_waits_is_carried_over_in_order_and_more_fits_or_less(uint entries)
    {
        var cq = _rig.NewCq(entries: 7);
        var a = _rig.NewEndpoint(sendCq: cq);
        var b = _rig.NewEndpoint();
        Rig.Connect(a, b);
        var (local, remote) = (a.Register(64), b.Register(64));
        for (ulong id = 1UL; id <= 9; id++)
        {
            a.PostSend(Post.Write(id, remote, 0, local.Whole));
            _rig.Run();
            if (id <= 6)
            {
                Assert.Equal(id, cq.TakeOne().wr_id);
            }
        }

        var resized = Resize(cq, entries);
        uint room = cq.Cq.Layout.Capacity - 3;
        for (ulong id = 10UL; id < 10UL + Math.Min(room, 20); id++)
        {
            a.PostSend(Post.Write(id, remote, 0, local.Whole));
        }

        _rig.Run();
        Assert.Equal(Enumerable.Range(7, 3 + (int)Math.Min(room, 20)).Select(i => (ulong)i), resized.TakeAll().Select(c => c.wr_id));
        Assert.False(cq.Cq.IsInError);
    }

    [Theory]
    [InlineData(0U)]
    [InlineData(2U)]
    [InlineData(1U << 21)]
    public void Fewer_entries_than_wait_or_a_number_out_of_range_is_refused(uint entries)
    {
        var cq = _rig.NewCq(entries: 7);
        var a = _rig.NewEndpoint(sendCq: cq);
        var b = _rig.NewEndpoint();
        Rig.Connect(a, b);
        var (local, remote) = (a.Register(64), b.Register(64));
        for (ulong id = 1UL; id <= 3; id++)
        {
            a.PostSend(Post.Write(id, remote, 0, local.Whole));
        }

        _rig.Run();
        var (location, _) = _rig.NewRing(RingLayout.ForCompletions(7));
        Assert.Equal(EINVAL, _rig.Device.ResizeCompletionQueue(cq.Cq, entries, location).Errno);
        Assert.Equal(7U, cq.Cq.Layout.Capacity);
        Assert.Equal(3, cq.TakeAll().Count);
    }

    [Fact]
    public void An_armed_queue_stays_armed()
    {
        var (a, b) = _rig.NewPair();
        Rig.Ok(_rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false));
        Resize(a.SendCq, 100);
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        Assert.Equal([a.SendCq.Cq.Number], _rig.Events.Completions);
    }

    [Theory]
    [InlineData(0xffff_0000U)]
    [InlineData(40U)]
    public unsafe void A_consumer_index_that_cannot_be_is_refused(uint consumer)
    {
        var (a, b) = _rig.NewPair();
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        _rig.Run();
        a.SendCq.Ring.Header->consumer_index = consumer;
        var (location, _) = _rig.NewRing(RingLayout.ForCompletions(200));
        Assert.Equal(EINVAL, _rig.Device.ResizeCompletionQueue(a.SendCq.Cq, 200, location).Errno);
    }

    [Fact]
    public void A_queue_that_is_gone_or_in_error_is_refused()
    {
        var cq = _rig.NewCq();
        var (location, _) = _rig.NewRing(RingLayout.ForCompletions(7));
        Rig.Ok(_rig.Device.DestroyCompletionQueue(cq.Cq));
        Assert.Equal(EINVAL, _rig.Device.ResizeCompletionQueue(cq.Cq, 7, location).Errno);
    }

    // Engines add while the queue is resized again and again; the program polls between two resizes, as the rxe provider's lock has it.
    [Fact]
    public async Task Under_traffic_every_completion_comes_exactly_once_and_in_order()
    {
        const ulong Messages = 20_000;
        using Rig rig = new(Rig.SmallOptions with { MaxEngines = 8 });
        var cq = rig.NewCq(entries: 1023);
        var a = rig.NewEndpoint(sendCq: cq, depth: 511);
        var b = rig.NewEndpoint();
        Rig.Connect(a, b);
        var (local, remote) = (a.Register(64), b.Register(64));
        using Traffic traffic = new(rig);
        traffic.Add(a.Qp.Number);
        CompletionAudit audit = new();
        (RingLocation Location, ClientRing Ring)[] rings =
            [rig.NewRing(RingLayout.ForCompletions(1023)), rig.NewRing(RingLayout.ForCompletions(2047))];
        var current = cq;
        int resizes = 0;
        for (ulong posted = 0UL, done = 0UL; done < Messages;)
        {
            while (posted < Math.Min(Messages, done + 900) && !a.SendRing.IsFull)
            {
                a.PostSend(Post.Write(++posted, remote, 0, local.Whole));
            }

            var (location, ring) = rings[resizes % 2];
            Rig.Ok(rig.Device.ResizeCompletionQueue(cq.Cq, resizes % 2 == 0 ? 1023U : 2047U, location));
            current = new TestCq(cq.Cq, ring);
            resizes++;
            foreach (var completion in current.TakeAll())
            {
                audit.Add(completion);
                done++;
            }
        }

        await traffic.StopAsync();
        audit.Finish(a.Qp.Number, Messages);
        Assert.Empty(audit.Findings);
        Assert.True(resizes > 10, $"{resizes} resizes");
    }

    private TestCq Resize(TestCq cq, uint entries)
    {
        var (location, ring) = _rig.NewRing(RingLayout.ForCompletions(entries));
        Rig.Ok(_rig.Device.ResizeCompletionQueue(cq.Cq, entries, location));
        return new TestCq(cq.Cq, ring);
    }
}
