using DaxEmu.Contract;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>Pages of a region that left their file: access stops while they change hands, and each use of one is told once.</summary>
[Collection(nameof(GatedMemory))]
public sealed class KeptPagesTests
{
    private const uint Page = 4096;

    private static readonly PinRequest Wish = new(
        new(1, 2), "/f", new(0, 16 * Page), PinAccess.None, PinKind.LongTerm, PinMapping.PageCache, new(1, 1, 1, "test"), "");

    public static TheoryData<string> Connections => ["reliable", "unreliable", "datagram", "shared receive", "own memory"];

    [Theory]
    [MemberData(nameof(Connections))]
    public void While_a_region_is_paused_work_on_it_waits_and_is_done_afterwards(string connection)
    {
        using Rig rig = new();
        (Endpoint sender, MemoryRegion region, Func<bool> hasArrived) = Prepare(rig, connection);

        using (NicPause pause = rig.Device.Pause([region], TestContext.Current.CancellationToken))
        {
            DrainResult result = rig.Engine.Drain(sender.Qp.Number, rig.Now);
            Assert.Equal(DrainStatus.Blocked, result.Status);
            Assert.True(result.WakeAt > rig.Now);
            rig.Advance(1_000_000_000);
            Assert.False(hasArrived());
            Assert.True(sender.SendCq.Ring.IsEmpty);
        }

        rig.Run();
        Assert.True(hasArrived());
        Assert.Equal(IBV_WC_SUCCESS, sender.SendCq.TakeOne().status);
    }

    [Fact]
    public void Others_work_goes_on_during_a_pause_and_pauses_add_up()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var (c, d) = rig.NewPair();
        var source = a.Register(Page).Fill(1);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        NicPause first = rig.Device.Pause([target.Region], TestContext.Current.CancellationToken);
        NicPause second = rig.Device.Pause([target.Region], TestContext.Current.CancellationToken);
        a.PostSend(Post.Write(1, target, 0, source.Whole));

        Assert.Equal(IBV_WC_SUCCESS, c.Do(Post.Write(1, d.Register(Page), 0, c.Register(Page).Whole)).status);
        first.Dispose();
        first.Dispose();
        rig.Run();
        Assert.True(a.SendCq.Ring.IsEmpty);
        second.Dispose();
        rig.Run();
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void A_pause_begins_only_when_the_copy_under_way_has_ended()
    {
        GatedMemory.Close();
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(Page).Fill(1);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        a.PostSend(Post.Write(1, target, 0, source.Whole));
        using NicEngine engine = new(rig.Block, rig.Mappings, GatedMemory.Routines, rig.Events);
        Thread drain = new(() => engine.Drain(a.Qp.Number, 1));
        drain.Start();
        GatedMemory.WaitUntilACopyIsUnderWay();
        Thread pause = new(() => rig.Device.Pause([target.Region], TestContext.Current.CancellationToken).Dispose());
        pause.Start();

        // It cannot return before the gate opens, however long that takes; one that does not wait has returned long before this is over.
        bool returnedEarly = pause.Join(TimeSpan.FromMilliseconds(200));
        GatedMemory.Open();
        pause.Join();
        drain.Join();

        Assert.False(returnedEarly, "the pause began in the middle of a copy");
    }

    [Fact]
    public void Each_kept_page_is_told_once_when_it_is_read_and_once_when_it_is_written()
    {
        using Rig rig = new();
        rig.Events.OnOrphan = rig.Device.ReportOrphans;
        var (a, b) = rig.NewPair();
        var own = a.Register(16 * Page);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        Keep(rig, target, 2, 5);

        a.Do(Post.Write(1, target, 0, own.Sge(0, 2 * Page)));
        a.Do(Post.Write(2, target, 5 * Page, own.Sge(0, Page)));
        Assert.Empty(rig.Events.Orphans);
        a.Do(Post.Write(3, target, Page, own.Sge(0, Page + 1)));
        a.Do(Post.Write(4, target, 2 * Page, own.Sge(0, Page)));
        a.Do(Post.Read(5, target, (4 * Page) - 1, own.Sge(0, 2)));
        a.Do(Post.Write(6, target, 2 * Page, own.Sge(0, 2 * Page)));
        a.Do(Post.Read(7, target, 0, own.Sge(0, 16 * Page)));
        a.Do(Post.Read(8, target, 0, own.Sge(0, 16 * Page)));
        a.Do(Post.Write(9, target, 0, own.Sge(0, 16 * Page)));
        a.Do(Post.Write(10, target, 0, own.Sge(0, 16 * Page)));

        Assert.Equal(
            [
                (target.Key, Page, Page + 1UL), (target.Key, (4UL * Page) - 1, 2UL), (target.Key, 2UL * Page, 2UL * Page),
                (target.Key, 0UL, 16UL * Page), (target.Key, 0UL, 16UL * Page),
            ],
            rig.Events.Orphans.Select(o => (o.Key, o.Offset, (ulong)o.Length)));
        Assert.Equal(
            [
                (new(2 * Page, 3 * Page), PinAccess.Write), (new(3 * Page, 5 * Page), PinAccess.Read), (new(3 * Page, 4 * Page), PinAccess.Write),
                (new(2 * Page, 3 * Page), PinAccess.Read), (new(4 * Page, 5 * Page), PinAccess.Write),
            ],
            Reported(rig));
    }

    [Fact]
    public void What_a_host_has_not_asked_for_is_told_in_one_when_it_does_or_when_the_region_is_deregistered()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var own = a.Register(16 * Page);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        Keep(rig, target, 0, 16);
        for (uint page = 4; page < 8; page++)
        {
            a.Do(Post.Write(1, target, page * Page, own.Sge(0, 8)));
        }

        a.Do(Post.Read(1, target, 15 * Page, own.Sge(0, 8)));
        rig.Device.ReportOrphans(target.Key, 5 * Page, 2 * Page);
        rig.Device.ReportOrphans(target.Key, 5 * Page, 2 * Page);
        Rig.Ok(rig.Device.Deregister(target.Region));
        rig.Device.ReportOrphans(target.Key, 0, 16 * Page);

        Assert.Equal(
            [
                (new(5 * Page, 7 * Page), PinAccess.Write), (new(15 * Page, 16 * Page), PinAccess.Read),
                (new(4 * Page, 5 * Page), PinAccess.Write), (new(7 * Page, 8 * Page), PinAccess.Write),
            ],
            rig.Contract.Divergences.Select(d => (d.Range, d.Access)));
    }

    [Fact]
    public void A_page_that_leaves_the_file_again_is_told_again()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var own = a.Register(Page);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        for (int round = 0; round < 3; round++)
        {
            Keep(rig, target, 7, 8);
            a.Do(Post.Write(1, target, 7 * Page, own.Whole));
        }

        Assert.Equal(3, rig.Events.Orphans.Count);
    }

    [Fact]
    public void An_atomic_operation_reads_and_writes_a_kept_page()
    {
        using Rig rig = new();
        rig.Events.OnOrphan = rig.Device.ReportOrphans;
        var (a, b) = rig.NewPair();
        var own = a.Register(8);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        Keep(rig, target, 1, 2);

        a.Do(Post.FetchAdd(1, target, Page, 5, own.Whole));
        a.Do(Post.CompareSwap(2, target, Page + 8, 0, 5, own.Whole));

        Assert.Equal([(new(Page, 2 * Page), PinAccess.Read), (new(Page, 2 * Page), PinAccess.Write)], Reported(rig));
    }

    [Fact]
    public void A_kept_page_is_told_when_it_is_the_program_s_own_source_or_receive()
    {
        using Rig rig = new();
        rig.Events.OnOrphan = rig.Device.ReportOrphans;
        var (a, b) = rig.NewPair();
        var source = rig.Register(a.Domain, 16 * Page, Rig.AllAccess, Wish);
        var receive = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        Keep(rig, source, 0, 1);
        Keep(rig, receive, 3, 4);
        b.PostReceive(1, receive.Sge(3 * Page, 64));

        a.Do(Post.Send(1, source.Sge(8, 64)));

        Assert.Equal([(new(0, Page), PinAccess.Read), (new(3 * Page, 4 * Page), PinAccess.Write)], Reported(rig));
    }

    [Fact]
    public void A_kept_page_is_told_when_it_is_reached_through_a_window()
    {
        using Rig rig = new();
        rig.Events.OnOrphan = rig.Device.ReportOrphans;
        var (a, b) = rig.NewPair();
        var own = a.Register(Page);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess | IBV_ACCESS_MW_BIND, Wish);
        MemoryWindow window = Rig.Ok(rig.Device.AllocateWindow(b.Domain, IBV_MW_TYPE_1));
        b.Do(Post.Bind(1, window.Key, target, 4 * Page, 4 * Page, IBV_ACCESS_REMOTE_WRITE));
        Keep(rig, target, 5, 6);

        Assert.Equal(IBV_WC_SUCCESS, a.Do(Post.Write(1, target, 5 * Page, own.Whole) with { RemoteKey = Post.Next(window.Key) }).status);

        Assert.Equal([(new(5 * Page, 6 * Page), PinAccess.Write)], Reported(rig));
    }

    [Fact]
    public void A_pin_that_begins_and_ends_within_pages_is_told_of_its_own_bytes()
    {
        using Rig rig = new();
        rig.Events.OnOrphan = rig.Device.ReportOrphans;
        var (a, b) = rig.NewPair();
        var own = a.Register(Page);
        var target = rig.Register(b.Domain, 2 * Page, Rig.AllAccess, Wish with { Range = new(Page, (2 * Page) + 100) });
        Pin pin = target.Region.Pins[0].Pin;
        using (rig.Device.Pause([target.Region], TestContext.Current.CancellationToken))
        {
            rig.Device.KeepPages(target.Region, new(pin, new(2 * Page, 3 * Page)));
        }

        a.Do(Post.Write(1, target, Page, own.Sge(0, 100)));

        Assert.Equal([(new(2 * Page, (2 * Page) + 100), PinAccess.Write)], Reported(rig));
    }

    [Fact]
    public async Task A_registration_whose_pages_leave_the_file_meanwhile_is_made_anew()
    {
        using Rig rig = new();
        var (a, _) = rig.NewPair();
        int maps = 0;
        int releases = 0;
        MemoryRegionRequest request = new(
            0x1000, Page, Rig.AllAccess, [new(Wish, () => new FileFacts(Page, true), 0)],
            _ =>
            {
                if (++maps < 3)
                {
                    Assert.Null(rig.Device.FindRegionToKeep(Assert.Single(rig.Contract.Held)));
                }

                return new RegionMapping(0, 0, () => releases++);
            });

        NicResult<MemoryRegion> registered = await rig.Device.RegisterAsync(a.Domain, request, TestContext.Current.CancellationToken);

        Assert.Equal((3, 2), (maps, releases));
        Pin pin = Assert.Single(rig.Contract.Held);
        Assert.Equal(pin, Assert.Single(Rig.Ok(registered).Pins).Pin);
        Assert.Same(registered.Value, rig.Device.FindRegionToKeep(pin));
    }

    [Fact]
    public void A_region_that_is_gone_keeps_nothing()
    {
        using Rig rig = new();
        var (_, b) = rig.NewPair();
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        Pin pin = target.Region.Pins[0].Pin;
        using NicPause pause = rig.Device.Pause([target.Region], TestContext.Current.CancellationToken);
        Rig.Ok(rig.Device.Deregister(target.Region));

        Assert.Null(rig.Device.FindRegionToKeep(pin));
        rig.Device.KeepPages(target.Region, new(pin, new(0, Page)));

        Assert.Null(target.Region.Orphans);
    }

    [Fact]
    public async Task With_engines_running_no_byte_changes_during_a_pause_and_no_use_goes_untold()
    {
        using Rig rig = new();
        using Traffic traffic = new(rig);
        var (a, b) = rig.NewPair(depth: 3);
        var source = a.Register(16 * Page).Fill(1);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        traffic.Add(a.Qp.Number);
        for (int round = 0; round < 200; round++)
        {
            source.Fill(round);
            a.PostSend(Post.Write(1, target, 0, source.Whole));
            using (rig.Device.Pause([target.Region], TestContext.Current.CancellationToken))
            {
                byte[] before = target.Bytes.ToArray();
                Thread.Yield();
                Assert.True(target.Bytes.SequenceEqual(before), "a byte changed during the pause");
                rig.Device.KeepPages(target.Region, new(target.Region.Pins[0].Pin, new(0, 16 * Page)));
            }

            SpinWait.SpinUntil(() => !a.SendCq.Ring.IsEmpty);
            _ = a.SendCq.TakeOne();
            a.PostSend(Post.Write(2, target, 0, source.Whole));
            SpinWait.SpinUntil(() => !a.SendCq.Ring.IsEmpty);
            _ = a.SendCq.TakeOne();
            rig.Device.ReportOrphans(target.Key, 0, 16 * Page);
        }

        await traffic.StopAsync();
        Assert.Equal(200 * 16 * Page, rig.Contract.Divergences.Sum(d => (long)d.Range.Length));
    }

    [Fact]
    public void Writes_are_noted_from_the_first_time_they_are_asked_for_and_told_once_by_whole_pages()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var own = a.Register(16 * Page);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        Pin pin = target.Region.Pins[0].Pin;
        a.Do(Post.Write(1, target, 0, own.Whole));

        Assert.Empty(rig.Device.TakeWrites(pin));
        Assert.Empty(rig.Device.TakeWrites(pin));
        a.Do(Post.Read(2, target, 0, own.Whole));
        a.Do(Post.Write(3, target, (5 * Page) - 1, own.Sge(0, 2)));
        a.Do(Post.Write(4, target, 9 * Page, own.Sge(0, 1)));
        a.Do(Post.Write(5, target, 9 * Page, own.Sge(0, 1)));

        Assert.Equal([new ByteRange(4 * Page, 6 * Page), new ByteRange(9 * Page, 10 * Page)], rig.Device.TakeWrites(pin));
        Assert.Empty(rig.Device.TakeWrites(pin));
        a.Do(Post.Write(6, target, 9 * Page, own.Sge(0, 1)));
        Assert.Equal([new ByteRange(9 * Page, 10 * Page)], rig.Device.TakeWrites(pin));
        Assert.Empty(rig.Events.Orphans);
        Rig.Ok(rig.Device.Deregister(target.Region));
        Assert.Empty(rig.Device.TakeWrites(pin));
    }

    [Fact]
    public void A_watched_page_that_leaves_the_file_is_told_as_one_that_has()
    {
        using Rig rig = new();
        rig.Events.OnOrphan = rig.Device.ReportOrphans;
        var (a, b) = rig.NewPair();
        var own = a.Register(Page);
        var target = rig.Register(b.Domain, 16 * Page, Rig.AllAccess, Wish);
        _ = rig.Device.TakeWrites(target.Region.Pins[0].Pin);
        Keep(rig, target, 2, 3);

        a.Do(Post.Write(1, target, Page, own.Whole));
        a.Do(Post.Write(2, target, 2 * Page, own.Whole));

        Assert.Equal([(new(2 * Page, 3 * Page), PinAccess.Write)], Reported(rig));
        Assert.Equal([new ByteRange(Page, 3 * Page)], rig.Device.TakeWrites(target.Region.Pins[0].Pin));
    }

    private static void Keep(Rig rig, TestRegion target, uint first, uint end)
    {
        using NicPause pause = rig.Device.Pause([target.Region], TestContext.Current.CancellationToken);
        rig.Device.KeepPages(target.Region, new(target.Region.Pins[0].Pin, new(first * Page, end * Page)));
    }

    private static IEnumerable<(ByteRange Range, PinAccess Access)> Reported(Rig rig) =>
        rig.Contract.Divergences.Select(d => (d.Range, d.Access));

    private static (Endpoint Sender, MemoryRegion Paused, Func<bool> HasArrived) Prepare(Rig rig, string connection)
    {
        ProtectionDomain? receives = connection == "shared receive" ? Rig.Ok(rig.Device.AllocateDomain(2)) : null;
        TestSrq? srq = receives is null ? null : rig.NewSrq(receives);
        Endpoint a = connection == "datagram" ? rig.NewDatagramEndpoint() : rig.NewEndpoint(owner: 1);
        Endpoint b = connection == "datagram" ? rig.NewDatagramEndpoint(2) : rig.NewEndpoint(owner: 2, srq: srq);
        if (connection == "unreliable")
        {
            (a, b) = rig.NewUnreliablePair();
        }
        else if (connection != "datagram")
        {
            Rig.Connect(a, b);
        }

        var source = rig.Register(a.Domain, Page, Rig.AllAccess, Wish).Fill(1);
        var target = rig.Register(receives ?? b.Domain, Page, Rig.AllAccess, Wish);
        bool hasArrived() => target.Bytes.IndexOfAnyExcept((byte)0) >= 0;
        switch (connection)
        {
            case "datagram":
                b.PostReceive(1, target.Whole);
                AddressVector path = new() { IsGlobal = true, PortNumber = 1, DestinationGid = Rig.LocalGid };
                AddressHandle handle = Rig.Ok(rig.Device.CreateAddressHandle(a.Domain, path));
                a.PostSend(new Post { IsDatagram = true, RemoteQp = b.Qp.Number, RemoteQkey = Rig.Qkey, Handle = handle.Number, Sges = [source.Sge(0, 64)] });
                break;
            case "shared receive":
                srq!.Post(1, target.Whole);
                a.PostSend(Post.Send(1, source.Whole));
                break;
            default:
                a.PostSend(Post.Write(1, target, 0, source.Whole));
                break;
        }

        return (a, connection == "own memory" ? source.Region : target.Region, hasArrived);
    }
}
