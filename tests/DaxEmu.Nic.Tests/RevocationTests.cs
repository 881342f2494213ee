using DaxEmu.Contract;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>A pin that the contract takes away: from then on nothing is reached through its region.</summary>
[Collection(nameof(GatedMemory))]
public sealed class RevocationTests
{
    private static readonly PinRequest Wish = new(
        new(1, 2), "/f", new(0, 4096), PinAccess.None, PinKind.LongTerm, PinMapping.PageCache, new(1, 1, 1, "test"), "");

    [Fact]
    public void A_revoked_region_is_out_of_reach_for_its_owner_and_for_peers()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(4096).Fill(1);
        var target = rig.Register(b.Domain, 4096, Rig.AllAccess, Wish);

        rig.Device.Revoke(target.Region.Pins[0].Pin, TestContext.Current.CancellationToken);

        Assert.Equal(IBV_WC_REM_ACCESS_ERR, a.Do(Post.Write(1, target, 0, source.Whole)).status);
        var (c, d) = rig.NewPair();
        var own = rig.Register(c.Domain, 4096, Rig.AllAccess, Wish);
        rig.Device.Revoke(own.Region.Pins[0].Pin, TestContext.Current.CancellationToken);
        Assert.Equal(IBV_WC_LOC_PROT_ERR, c.Do(Post.Write(1, d.Register(4096), 0, own.Whole)).status);
        Assert.Equal(-1, target.Bytes.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_window_bound_to_a_revoked_region_is_no_way_around()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(4096).Fill(1);
        var target = rig.Register(b.Domain, 4096, Rig.AllAccess | IBV_ACCESS_MW_BIND, Wish);
        MemoryWindow window = Rig.Ok(rig.Device.AllocateWindow(b.Domain, IBV_MW_TYPE_1));
        Assert.Equal(IBV_WC_SUCCESS, b.Do(Post.Bind(1, window.Key, target, 0, 4096, IBV_ACCESS_REMOTE_WRITE)).status);

        rig.Device.Revoke(target.Region.Pins[0].Pin, TestContext.Current.CancellationToken);

        Post through = Post.Write(1, target, 0, source.Whole) with { RemoteKey = Post.Next(window.Key) };
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, a.Do(through).status);
        Assert.Equal(-1, target.Bytes.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_window_is_no_way_around_either_when_an_engine_could_not_be_waited_for()
    {
        GatedMemory.Close();
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(4096).Fill(1);
        var target = rig.Register(b.Domain, 4096, Rig.AllAccess | IBV_ACCESS_MW_BIND, Wish);
        MemoryWindow window = Rig.Ok(rig.Device.AllocateWindow(b.Domain, IBV_MW_TYPE_1));
        Assert.Equal(IBV_WC_SUCCESS, b.Do(Post.Bind(1, window.Key, target, 0, 4096, IBV_ACCESS_REMOTE_WRITE)).status);
        a.PostSend(Post.Write(1, target, 0, source.Whole));
        using NicEngine engine = new(rig.Block, rig.Mappings, GatedMemory.Routines, rig.Events);
        Thread drain = new(() => engine.Drain(a.Qp.Number, 1));
        drain.Start();
        GatedMemory.WaitUntilACopyIsUnderWay();

        Assert.Throws<TimeoutException>(() => rig.Device.Revoke(target.Region.Pins[0].Pin, new CancellationToken(canceled: true)));
        GatedMemory.Open();
        drain.Join();
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);

        Post through = Post.Write(2, target, 0, source.Whole) with { RemoteKey = Post.Next(window.Key) };
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, a.Do(through).status);
    }

    [Fact]
    public void A_revoked_region_can_still_be_deregistered_and_its_memory_is_released_then()
    {
        using Rig rig = new();
        var (a, _) = rig.NewPair();
        var region = rig.Register(a.Domain, 4096, Rig.AllAccess, Wish);
        int before = rig.Mappings.Count;

        rig.Device.Revoke(region.Region.Pins[0].Pin, TestContext.Current.CancellationToken);
        Assert.Equal(before, rig.Mappings.Count);
        Rig.Ok(rig.Device.Deregister(region.Region));

        Assert.Empty(rig.Contract.Held);
        Assert.Null(rig.Device.FindRegion(region.Key));
    }

    [Fact]
    public async Task A_pin_revoked_before_its_region_is_there_fails_the_registration()
    {
        using Rig rig = new();
        var (a, _) = rig.NewPair();
        bool released = false;
        MemoryRegionRequest request = new(
            0x1000, 4096, Rig.AllAccess, [new(Wish, () => new FileFacts(4096, true), 0)],
            _ =>
            {
                rig.Device.Revoke(Assert.Single(rig.Contract.Held), TestContext.Current.CancellationToken);
                return new RegionMapping(0, 0, () => released = true);
            });

        NicResult<MemoryRegion> registered = await rig.Device.RegisterAsync(a.Domain, request, TestContext.Current.CancellationToken);

        Assert.Equal(EAGAIN, registered.Errno);
        Assert.True(released);
        Assert.Empty(rig.Contract.Held);
    }

    [Fact]
    public void Revoking_a_pin_that_is_gone_does_nothing()
    {
        using Rig rig = new();
        var (a, _) = rig.NewPair();
        var region = rig.Register(a.Domain, 4096, Rig.AllAccess, Wish);
        Pin pin = region.Region.Pins[0].Pin;
        Rig.Ok(rig.Device.Deregister(region.Region));
        var next = rig.Register(a.Domain, 4096, Rig.AllAccess, Wish);

        rig.Device.Revoke(pin, TestContext.Current.CancellationToken);

        Assert.Same(next.Region, rig.Device.FindRegionOf(next.Region.Pins[0].Pin));
        Assert.Null(rig.Device.FindRegionOf(pin));
    }

    [Fact]
    public void Revoking_returns_only_when_the_copy_under_way_has_ended()
    {
        GatedMemory.Close();
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(4096).Fill(1);
        var target = rig.Register(b.Domain, 4096, Rig.AllAccess, Wish);
        a.PostSend(Post.Write(1, target, 0, source.Whole));
        using NicEngine engine = new(rig.Block, rig.Mappings, GatedMemory.Routines, rig.Events);
        Thread drain = new(() => engine.Drain(a.Qp.Number, 1));
        drain.Start();
        GatedMemory.WaitUntilACopyIsUnderWay();
        Thread revoke = new(() => rig.Device.Revoke(target.Region.Pins[0].Pin, TestContext.Current.CancellationToken));
        revoke.Start();
        SpinWait.SpinUntil(() => Volatile.Read(ref rig.Block.RegionByKey(target.Key).Key) == 0);

        // It cannot return before the gate opens, however long that takes; one that does not wait has returned long before this is over.
        bool returnedEarly = revoke.Join(TimeSpan.FromMilliseconds(200));
        GatedMemory.Open();
        revoke.Join();
        drain.Join();

        Assert.False(returnedEarly, "the revocation returned in the middle of a copy");
    }

    [Fact]
    public async Task Revoking_in_mid_transfer_leaves_no_byte_changing_afterwards()
    {
        using Rig rig = new();
        using Traffic traffic = new(rig);
        var (from, to) = (rig.Allocate(1 << 20), rig.Allocate(1 << 20));
        for (int round = 0; round < 100; round++)
        {
            var (a, b) = rig.NewPair(depth: 3);
            var source = rig.Register(a.Domain, 1 << 20, Rig.AllAccess, memory: from).Fill(round);
            var target = rig.Register(b.Domain, 1 << 20, Rig.AllAccess, Wish with { Range = new(0, 1 << 20) }, to);
            a.PostSend(Post.Write(1, target, 0, source.Whole));
            traffic.Add(a.Qp.Number);
            SpinWait.SpinUntil(() => target.Bytes[0] == source.Bytes[0] || target.Bytes[1] == source.Bytes[1]);
            rig.Device.Revoke(target.Region.Pins[0].Pin, TestContext.Current.CancellationToken);
            byte[] before = target.Bytes.ToArray();
            SpinWait.SpinUntil(() => !a.SendCq.Ring.IsEmpty);
            Assert.True(target.Bytes.SequenceEqual(before), "a byte changed after the revocation returned");
            foreach (var endpoint in new[] { a, b })
            {
                Rig.Ok(rig.Device.DestroyQueuePair(endpoint.Qp));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.SendCq.Cq));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.ReceiveCq.Cq));
            }

            Rig.Ok(rig.Device.Deregister(source.Region));
            Rig.Ok(rig.Device.Deregister(target.Region));
            Rig.Ok(rig.Device.DeallocateDomain(a.Domain));
            Rig.Ok(rig.Device.DeallocateDomain(b.Domain));
        }

        await traffic.StopAsync();
    }
}
