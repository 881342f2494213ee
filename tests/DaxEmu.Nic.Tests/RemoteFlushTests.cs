using DaxEmu.Abi;
using DaxEmu.Contract;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_placement_type;
using static DaxEmu.Abi.ib_selectivity_level;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ib_uverbs_wc_opcode;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>FLUSH: who may ask for it, of which bytes, and when it completes.</summary>
public sealed class RemoteFlushTests : IDisposable
{
    private const uint Both = IB_UVERBS_ACCESS_FLUSH_GLOBAL | IB_UVERBS_ACCESS_FLUSH_PERSISTENT;

    private const long Second = 1_000_000_000;

    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _local;
    private readonly TestRegion _remote;

    public RemoteFlushTests()
    {
        (_a, _b) = _rig.NewPair();
        Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = Rig.AllAccess | Both }, IBV_QP_ACCESS_FLAGS));
        _local = _a.Register(4096).Fill(1);
        _remote = _b.Register(8192, Rig.AllAccess | Both | IBV_ACCESS_MW_BIND);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void A_global_flush_needs_no_persistence()
    {
        var flushed = _a.Do(Post.Flush(3, _remote, 0, 100, IB_FLUSH_GLOBAL));
        Assert.Equal((3UL, IBV_WC_SUCCESS, IB_UVERBS_WC_FLUSH), (flushed.wr_id, flushed.status, flushed.opcode));
        Assert.Empty(_rig.Persistence.Begun);
    }

    [Fact]
    public void A_persistent_flush_makes_exactly_its_range_durable()
    {
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Flush(3, _remote, 1000, 500, IB_FLUSH_PERSISTENT)).status);
        Assert.Equal([new MappedRange(_remote.Region.Mapping.Mapping, 1000, 500)], _rig.Persistence.Begun);
    }

    [Fact]
    public void A_flush_of_the_whole_region_takes_neither_address_nor_length()
    {
        var post = Post.Flush(3, _remote, 0, 1, IB_FLUSH_PERSISTENT | IB_FLUSH_GLOBAL, IB_FLUSH_MR) with { RemoteAddress = 0 };
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(post).status);
        Assert.Equal([new MappedRange(_remote.Region.Mapping.Mapping, 0, 8192)], _rig.Persistence.Begun);
    }

    [Fact]
    public void A_flush_of_no_bytes_succeeds_and_does_nothing()
    {
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Flush(3, _remote, 8192, 0, IB_FLUSH_PERSISTENT)).status);
        Assert.Empty(_rig.Persistence.Begun);
    }

    [Fact]
    public void Through_a_window_the_window_is_the_whole()
    {
        var window = Rig.Ok(_rig.Device.AllocateWindow(_b.Domain, IBV_MW_TYPE_1));
        var bind = Post.Bind(1, window.Key, _remote, 4096, 64, IB_UVERBS_ACCESS_FLUSH_PERSISTENT);
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(bind).status);
        uint key = Post.Next(window.Key);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Flush(3, _remote, 0, 0, IB_FLUSH_PERSISTENT, IB_FLUSH_MR) with { RemoteKey = key }).status);
        Assert.Equal([new MappedRange(_remote.Region.Mapping.Mapping, 4096, 64)], _rig.Persistence.Begun);
    }

    [Fact]
    public void A_window_cannot_promise_persistence_that_its_region_does_not()
    {
        var region = _b.Register(4096, Rig.AllAccess | IBV_ACCESS_MW_BIND);
        var window = Rig.Ok(_rig.Device.AllocateWindow(_b.Domain, IBV_MW_TYPE_1));
        Assert.Equal(IBV_WC_MW_BIND_ERR, _b.Do(Post.Bind(1, window.Key, region, 0, 64, IB_UVERBS_ACCESS_FLUSH_PERSISTENT)).status);
    }

    [Theory]
    [InlineData(IB_FLUSH_GLOBAL, IB_UVERBS_ACCESS_FLUSH_PERSISTENT)]
    [InlineData(IB_FLUSH_PERSISTENT, IB_UVERBS_ACCESS_FLUSH_GLOBAL)]
    public void A_region_without_that_access_is_a_remote_access_error(uint type, uint access) =>
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Flush(3, _b.Register(64, Rig.AllAccess | access), 0, 8, type));

    [Theory]
    [InlineData(IB_FLUSH_GLOBAL, IB_UVERBS_ACCESS_FLUSH_PERSISTENT)]
    [InlineData(IB_FLUSH_PERSISTENT, IB_UVERBS_ACCESS_FLUSH_GLOBAL)]
    public void A_queue_pair_without_that_access_is_an_invalid_request(uint type, uint access)
    {
        Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = Rig.AllAccess | access }, IBV_QP_ACCESS_FLAGS));
        Refused(IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_REQ_ERR, Post.Flush(3, _remote, 0, 8, type));
    }

    [Theory]
    [InlineData(8185, 8)]
    [InlineData(-8, 8)]
    [InlineData(8193, 0)]
    public void A_range_outside_the_region_is_a_remote_access_error(long offset, uint length) =>
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Flush(3, _remote, (ulong)offset, length, IB_FLUSH_PERSISTENT));

    [Theory]
    [InlineData(0U, IB_FLUSH_RANGE)]
    [InlineData(4U, IB_FLUSH_RANGE)]
    [InlineData(IB_FLUSH_GLOBAL, 2U)]
    public void Unknown_types_and_levels_are_a_local_operation_error(uint type, uint level) =>
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, _a.Do(Post.Flush(3, _remote, 0, 8, type, level)).status);

    [Fact]
    public void It_completes_when_the_bytes_are_durable_and_later_work_waits_for_that()
    {
        _rig.Persistence.State = PersistState.UnderWay;
        _a.PostSend(Post.Write(1, _remote, 0, _local.Sge(0, 64)));
        _a.PostSend(Post.Flush(2, _remote, 0, 64, IB_FLUSH_PERSISTENT));
        _a.PostSend(Post.Write(3, _remote, 64, _local.Sge(0, 64)));
        _rig.Run();
        Assert.Equal(IBV_WC_RDMA_WRITE, _a.SendCq.TakeOne().opcode);
        Assert.Empty(_a.SendCq.TakeAll());
        Assert.Equal(_local.Bytes[..64], _remote.Bytes[..64]);
        Assert.Equal(0, _remote.Bytes[64]);

        _rig.Advance(1_000_000);
        Assert.Empty(_a.SendCq.TakeAll());

        _rig.Persistence.State = PersistState.Durable;
        _rig.Run();
        Assert.Equal([2UL, 3UL], _a.SendCq.TakeAll().Select(c => c.wr_id));
        Assert.Single(_rig.Persistence.Begun);
    }

    [Fact]
    public void A_region_that_goes_away_meanwhile_is_a_remote_access_error()
    {
        _rig.Persistence.State = PersistState.UnderWay;
        _a.PostSend(Post.Flush(2, _remote, 0, 64, IB_FLUSH_PERSISTENT));
        _rig.Run();
        Rig.Ok(_rig.Device.Deregister(_remote.Region));
        _rig.Persistence.State = PersistState.Durable;
        _rig.Run();
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, _a.SendCq.TakeOne().status);
    }

    [Fact]
    public void So_is_one_that_is_revoked_meanwhile()
    {
        PinRequest wish = new(new(1, 2), "/f", new(0, 4096), PinAccess.None, PinKind.LongTerm, PinMapping.PageCache, new(1, 1, 1, "test"), "");
        TestRegion file = _rig.Register(_b.Domain, 4096, Rig.AllAccess | Both, wish);
        _rig.Persistence.State = PersistState.UnderWay;
        _a.PostSend(Post.Flush(2, file, 0, 64, IB_FLUSH_PERSISTENT));
        _rig.Run();
        _rig.Device.Revoke(file.Region.Pins[0].Pin, TestContext.Current.CancellationToken);
        _rig.Advance(Second);
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, _a.SendCq.TakeOne().status);
    }

    // What is written is never made durable here: only what happens to the queue pairs ends the flush.
    [Theory]
    [InlineData("failed", IBV_WC_WR_FLUSH_ERR)]
    [InlineData("its peer failed", IBV_WC_RETRY_EXC_ERR)]
    [InlineData("its peer destroyed", IBV_WC_RETRY_EXC_ERR)]
    [InlineData("its peer's process died", IBV_WC_WR_FLUSH_ERR)]
    public void A_flush_that_waits_ends_when_a_queue_pair_does(string what, uint expected)
    {
        _rig.Persistence.State = PersistState.UnderWay;
        _a.PostSend(Post.Flush(2, _remote, 0, 64, IB_FLUSH_PERSISTENT));
        _rig.Run();
        switch (what)
        {
            case "failed":
                Rig.Ok(_a.Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
                break;
            case "its peer failed":
                Rig.Ok(_b.Modify(new QpAttributes { State = IBV_QPS_ERR }, IBV_QP_STATE));
                break;
            case "its peer destroyed":
                Rig.Ok(_rig.Device.DestroyQueuePair(_b.Qp));
                break;
            default:
                _rig.Device.ReleaseOwner(_b.Domain.Owner);
                break;
        }

        for (int i = 0; i < 60; i++)
        {
            _rig.Advance(Second);
        }

        Assert.Equal((2UL, expected), Ended(_a));
        Assert.Equal(IBV_QPS_ERR, _a.State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_flush_that_waited_before_a_reset_is_forgotten_and_the_next_one_begins_anew(bool isPeerReset)
    {
        _rig.Persistence.State = PersistState.UnderWay;
        _a.PostSend(Post.Flush(2, _remote, 0, 64, IB_FLUSH_PERSISTENT));
        _rig.Run();
        Endpoint reset = isPeerReset ? _b : _a;
        Rig.Ok(reset.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
        _rig.Advance(1);
        Assert.Empty(_a.SendCq.TakeAll());

        Rig.Connect(reset, (isPeerReset ? _a : _b).Qp.Number);
        Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = Rig.AllAccess | Both }, IBV_QP_ACCESS_FLAGS));
        _rig.Persistence.State = PersistState.Durable;
        if (!isPeerReset)
        {
            _a.PostSend(Post.Flush(3, _remote, 64, 32, IB_FLUSH_PERSISTENT));
        }

        _rig.Advance(Second);
        Assert.Equal((isPeerReset ? 2UL : 3UL, IBV_WC_SUCCESS), Ended(_a));
        Assert.Equal(2, _rig.Persistence.Begun.Count);
        Assert.Equal(isPeerReset ? 64UL : 32UL, _rig.Persistence.Begun[1].Length);
    }

    [Fact]
    public void Bytes_that_cannot_be_made_durable_are_a_remote_operation_error_reported_with_their_place()
    {
        _rig.Persistence.State = PersistState.Failed;
        _rig.Persistence.Errno = EIO;
        Refused(IBV_WC_REM_OP_ERR, IBV_EVENT_QP_FATAL, Post.Flush(3, _remote, 1000, 500, IB_FLUSH_PERSISTENT));
        Assert.Equal([(_remote.Key, 1000UL, EIO)], _rig.Events.FlushFailures);
        Assert.Equal(IBV_QPS_ERR, _b.State);
    }

    private static (ulong Id, uint Status) Ended(Endpoint endpoint)
    {
        ib_uverbs_wc completion = endpoint.SendCq.TakeOne();
        return (completion.wr_id, completion.status);
    }

    private void Refused(uint status, uint eventType, Post post)
    {
        Assert.Equal(status, _a.Do(post).status);
        Assert.Contains((eventType, _b.Qp.Number), _rig.Events.Async.Select(e => (e.Type, e.Number)));
    }
}
