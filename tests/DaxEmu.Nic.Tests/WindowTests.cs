using DaxEmu.Abi;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_flags;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>Memory windows: who may bind them to what, what can be reached through them, and what ends that.</summary>
public sealed class WindowTests : IDisposable
{
    private const uint Bindable = Rig.AllAccess | IBV_ACCESS_MW_BIND;

    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _local;
    private readonly TestRegion _region;

    public WindowTests()
    {
        (_a, _b) = _rig.NewPair();
        _local = _a.Register(4096).Fill(1);
        _region = _b.Register(8192, Bindable);
    }

    public static TheoryData<uint> Types() => [IBV_MW_TYPE_1, IBV_MW_TYPE_2];

    public void Dispose() => _rig.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void A_bound_window_lets_a_peer_reach_its_bytes_by_its_new_key(uint type)
    {
        uint key = Bound(type, 1000, 500, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ);

        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Through(key, 1000, 500)).status);
        Assert.Equal(_local.Bytes[..500], _region.Bytes.Slice(1000, 500));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Through(key, 1400, 100) with { Opcode = IBV_WR_RDMA_READ }).status);
    }

    [Fact]
    public void A_bind_completes_as_one()
    {
        var window = Allocate(IBV_MW_TYPE_2);
        var bound = _b.Do(Post.Bind(9, window.Key, _region, 0, 64, IBV_ACCESS_REMOTE_READ));
        Assert.Equal((9UL, IBV_WC_SUCCESS, IBV_WC_BIND_MW), (bound.wr_id, bound.status, bound.opcode));
    }

    [Theory]
    [InlineData(999, 8)]
    [InlineData(1493, 8)]
    [InlineData(1500, 8)]
    [InlineData(0, 8)]
    public void Bytes_outside_the_window_are_out_of_reach_although_the_region_has_them(ulong offset, uint length)
    {
        uint key = Bound(IBV_MW_TYPE_2, 1000, 500, IBV_ACCESS_REMOTE_WRITE);
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(key, offset, length));
        Assert.Equal(-1, _region.Bytes.IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(IBV_WR_RDMA_WRITE, IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)]
    [InlineData(IBV_WR_RDMA_READ, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC)]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)]
    public void What_the_window_does_not_allow_is_refused_although_the_region_does(uint opcode, uint access)
    {
        uint key = Bound(IBV_MW_TYPE_1, 0, 64, access);
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(key, 0, 8) with { Opcode = opcode });
    }

    [Theory]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD)]
    [InlineData(IBV_WR_ATOMIC_CMP_AND_SWP)]
    public void Atomic_operations_work_through_a_window(uint opcode)
    {
        _region.Word(1) = 5;
        uint key = Bound(IBV_MW_TYPE_2, 8, 8, IBV_ACCESS_REMOTE_ATOMIC);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Through(key, 8, 8) with { Opcode = opcode, CompareAdd = 5, Swap = 10 }).status);
        Assert.Equal((5UL, 10UL), (_local.Word(0), _region.Word(1)));
    }

    [Fact]
    public void A_zero_based_window_is_addressed_from_its_first_byte()
    {
        uint key = Bound(IBV_MW_TYPE_2, 1000, 100, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_ZERO_BASED);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Through(key, 0, 8) with { RemoteAddress = 92 }).status);
        Assert.Equal(_local.Bytes[..8], _region.Bytes.Slice(1092, 8));
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(key, 0, 8) with { RemoteAddress = 93 });
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void An_unbound_window_gives_no_access(uint type) =>
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(Allocate(type).Key, 0, 8));

    [Fact]
    public void Binding_a_window_of_type_1_again_ends_its_old_key()
    {
        uint first = Bound(IBV_MW_TYPE_1, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(Post.Bind(2, first, _region, 4096, 64, IBV_ACCESS_REMOTE_WRITE)).status);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Through(Post.Next(first), 4096, 64)).status);
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(first, 0, 8));
    }

    [Fact]
    public void Binding_a_window_of_type_1_to_no_bytes_unbinds_it()
    {
        uint key = Bound(IBV_MW_TYPE_1, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(Post.Bind(2, key, _region, 0, 0, 0)).status);
        Rig.Ok(_rig.Device.Deregister(_region.Region));
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(Post.Next(key), 0, 8));
    }

    [Theory]
    [InlineData("not the window's key", IBV_MW_TYPE_2)]
    [InlineData("a key of no window", IBV_MW_TYPE_2)]
    [InlineData("a region's key for the window's", IBV_MW_TYPE_2)]
    [InlineData("a window's key for the region's", IBV_MW_TYPE_2)]
    [InlineData("no region", IBV_MW_TYPE_1)]
    [InlineData("past the region's end", IBV_MW_TYPE_1)]
    [InlineData("before the region", IBV_MW_TYPE_1)]
    [InlineData("a range that wraps", IBV_MW_TYPE_1)]
    [InlineData("unknown access", IBV_MW_TYPE_2)]
    [InlineData("a zero-based window of type 1", IBV_MW_TYPE_1)]
    [InlineData("a window of type 2 to no bytes", IBV_MW_TYPE_2)]
    public void A_bad_bind_fails_and_binds_nothing(string what, uint type)
    {
        Post good = Post.Bind(2, Allocate(type).Key, _region, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        Post bad = what switch
        {
            "not the window's key" => good with { RemoteKey = good.RemoteKey + 1 },
            "a key of no window" => good with { RemoteKey = 0x00ff_ff01 },
            "a region's key for the window's" => good with { RemoteKey = good.RegionKey },
            "a window's key for the region's" => good with { RegionKey = good.RemoteKey },
            "no region" => good with { RegionKey = 0 },
            "past the region's end" => good with { WindowLength = 8193 },
            "before the region" => good with { RemoteAddress = good.RemoteAddress - 1, WindowLength = 1 },
            "a range that wraps" => good with { WindowLength = ulong.MaxValue },
            "unknown access" => good with { Access = 1U << 31 },
            "a zero-based window of type 1" => good with { Access = good.Access | IBV_ACCESS_ZERO_BASED },
            "a window of type 2 to no bytes" => good with { WindowLength = 0 },
            _ => throw new ArgumentException(what),
        };
        var bound = _b.Do(bad);
        Assert.True(bound.status == IBV_WC_MW_BIND_ERR, $"{what}: status {bound.status}");
        Assert.Equal(IBV_QPS_ERR, _b.State);
        Rig.Ok(_rig.Device.Deregister(_region.Region));
    }

    [Theory]
    [InlineData(Rig.AllAccess, IBV_ACCESS_REMOTE_READ)]
    [InlineData(Bindable | IBV_ACCESS_ZERO_BASED, IBV_ACCESS_REMOTE_READ)]
    [InlineData(IBV_ACCESS_MW_BIND, IBV_ACCESS_REMOTE_WRITE)]
    [InlineData(IBV_ACCESS_MW_BIND, IBV_ACCESS_REMOTE_ATOMIC)]
    public void A_region_that_does_not_allow_it_takes_no_window(uint regionAccess, uint windowAccess)
    {
        var region = _b.Register(4096, regionAccess);
        Assert.Equal(IBV_WC_MW_BIND_ERR, _b.Do(Post.Bind(2, Allocate(IBV_MW_TYPE_1).Key, region, 0, 64, windowAccess)).status);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Window_region_and_queue_pair_must_be_of_one_protection_domain(uint type)
    {
        var foreignRegion = _a.Register(4096, Bindable);
        Assert.Equal(IBV_WC_MW_BIND_ERR, _b.Do(Post.Bind(2, Allocate(type).Key, foreignRegion, 0, 64, IBV_ACCESS_REMOTE_WRITE)).status);
        var foreignWindow = Rig.Ok(_rig.Device.AllocateWindow(_b.Domain, type));
        Assert.Equal(IBV_WC_MW_BIND_ERR, _a.Do(Post.Bind(2, foreignWindow.Key, foreignRegion, 0, 64, IBV_ACCESS_REMOTE_WRITE)).status);
    }

    [Fact]
    public void A_window_of_type_2_must_be_invalidated_before_it_is_bound_again()
    {
        uint key = Bound(IBV_MW_TYPE_2, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(Post.Invalidate(2, key)).status);
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(Post.Bind(3, key, _region, 64, 64, IBV_ACCESS_REMOTE_WRITE)).status);
        Assert.Equal(IBV_WC_MW_BIND_ERR, _b.Do(Post.Bind(4, Post.Next(key), _region, 0, 64, IBV_ACCESS_REMOTE_WRITE)).status);
    }

    [Fact]
    public void A_window_of_type_2_serves_only_the_queue_pair_it_was_bound_on()
    {
        uint key = Bound(IBV_MW_TYPE_2, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        var (c, d) = (_rig.NewEndpoint(), _rig.NewEndpoint(domain: _b.Domain));
        Rig.Connect(c, d);
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, c.Do(Through(key, 0, 8, c.Register(64))).status);
    }

    [Fact]
    public void A_window_of_type_1_serves_all_queue_pairs_of_its_domain()
    {
        uint key = Bound(IBV_MW_TYPE_1, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        var (c, d) = (_rig.NewEndpoint(), _rig.NewEndpoint(domain: _b.Domain));
        Rig.Connect(c, d);
        Assert.Equal(IBV_WC_SUCCESS, c.Do(Through(key, 0, 8, c.Register(64))).status);
    }

    [Fact]
    public void A_window_is_no_local_memory()
    {
        uint key = Bound(IBV_MW_TYPE_1, 0, 64, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_LOCAL_WRITE);
        var sent = _b.Do(Post.Send(2, new rxe_sge { addr = _region.Address, length = 8, lkey = key }));
        Assert.Equal(IBV_WC_LOC_PROT_ERR, sent.status);
    }

    [Fact]
    public void Local_invalidate_ends_the_key()
    {
        uint key = Bound(IBV_MW_TYPE_2, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        var done = _b.Do(Post.Invalidate(2, key));
        Assert.Equal((IBV_WC_SUCCESS, IBV_WC_LOCAL_INV), (done.status, done.opcode));
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(key, 0, 8));
        Rig.Ok(_rig.Device.Deregister(_region.Region));
    }

    [Fact]
    public void Send_with_invalidate_ends_the_key_before_the_receiver_is_told()
    {
        uint key = Bound(IBV_MW_TYPE_2, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        _b.PostReceive(7, _region.Sge(4096, 64));
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Send(5, _local.Sge(0, 64)) with { Opcode = IBV_WR_SEND_WITH_INV, Immediate = key }).status);
        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((IBV_WC_SUCCESS, IBV_WC_WITH_INV, key), (received.status, received.wc_flags, received.ex_invalidate_rkey));
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, _a.Do(Through(key, 0, 8)).status);
        Rig.Ok(_rig.Device.Deregister(_region.Region));
    }

    public static TheoryData<string, Func<WindowTests, uint>> KeysThatWorkRequestsCannotEnd() => new()
    {
        { "a region's", t => t._region.Key },
        { "a window of type 1's", t => t.Bound(IBV_MW_TYPE_1, 0, 64, IBV_ACCESS_REMOTE_WRITE) },
        { "an unbound window's", t => t.Allocate(IBV_MW_TYPE_2).Key },
        { "an old one", t => t.Bound(IBV_MW_TYPE_2, 0, 64, IBV_ACCESS_REMOTE_WRITE) - 1 },
        { "none", _ => 0 },
        { "of another queue pair", t => t.BoundElsewhere() },
    };

    [Theory]
    [MemberData(nameof(KeysThatWorkRequestsCannotEnd))]
    public void Other_keys_cannot_be_invalidated_locally(string what, Func<WindowTests, uint> key)
    {
        uint status = _b.Do(Post.Invalidate(2, key(this))).status;
        Assert.True(status == IBV_WC_LOC_QP_OP_ERR, $"{what}: status {status}");
    }

    [Theory]
    [MemberData(nameof(KeysThatWorkRequestsCannotEnd))]
    public void Other_keys_cannot_be_invalidated_by_the_peer_either_which_fails_the_receiver(string what, Func<WindowTests, uint> key)
    {
        _b.PostReceive(7, _region.Sge(4096, 64));
        uint victim = key(this);
        var sent = _a.Do(Post.Send(5, _local.Sge(0, 64)) with { Opcode = IBV_WR_SEND_WITH_INV, Immediate = victim });
        Assert.True(sent.status == IBV_WC_SUCCESS, what);
        Assert.Equal(IBV_WC_REM_INV_REQ_ERR, _b.ReceiveCq.TakeOne().status);
        Assert.Equal(IBV_QPS_ERR, _b.State);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_region_with_a_bound_window_cannot_be_deregistered(uint type)
    {
        var window = Allocate(type);
        Bind(window, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        Assert.Equal(EINVAL, _rig.Device.Deregister(_region.Region).Errno);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Write(1, _region, 0, _local.Sge(0, 8))).status);

        Rig.Ok(_rig.Device.DeallocateWindow(window));
        Rig.Ok(_rig.Device.Deregister(_region.Region));
        Assert.Equal(EINVAL, _rig.Device.DeallocateWindow(window).Errno);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Deallocation_ends_the_key(uint type)
    {
        var window = Allocate(type);
        uint key = Bind(window, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        Rig.Ok(_rig.Device.DeallocateWindow(window));
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(key, 0, 8));
    }

    [Fact]
    public void Destroying_a_queue_pair_frees_the_windows_of_type_2_bound_on_it()
    {
        var window = Allocate(IBV_MW_TYPE_2);
        uint key = Bind(window, 0, 64, IBV_ACCESS_REMOTE_WRITE);
        Rig.Ok(_rig.Device.DestroyQueuePair(_b.Qp));
        Rig.Ok(_rig.Device.Deregister(_region.Region));

        var (c, d) = (_rig.NewEndpoint(), _rig.NewEndpoint(domain: _b.Domain));
        Rig.Connect(c, d);
        var region = d.Register(4096, Bindable);
        Assert.Equal(IBV_WC_SUCCESS, d.Do(Post.Bind(2, key, region, 0, 64, IBV_ACCESS_REMOTE_WRITE)).status);
        Assert.Equal(IBV_WC_SUCCESS, c.Do(Through(Post.Next(key), 0, 8, c.Register(64)) with { RemoteAddress = region.Address }).status);
    }

    [Fact]
    public void A_domain_with_a_window_cannot_be_deallocated_and_its_owners_end_frees_both()
    {
        var domain = Rig.Ok(_rig.Device.AllocateDomain(9));
        var window = Rig.Ok(_rig.Device.AllocateWindow(domain, IBV_MW_TYPE_1));
        Assert.Equal(EBUSY, _rig.Device.DeallocateDomain(domain).Errno);
        _rig.Device.ReleaseOwner(9);
        Assert.Equal(EINVAL, _rig.Device.DeallocateWindow(window).Errno);
        Assert.Equal(EINVAL, _rig.Device.AllocateWindow(domain, IBV_MW_TYPE_1).Errno);
    }

    [Theory]
    [InlineData(0U)]
    [InlineData(3U)]
    public void There_are_two_types(uint type) => Assert.Equal(EINVAL, _rig.Device.AllocateWindow(_b.Domain, type).Errno);

    [Fact]
    public void The_limit_of_windows_is_ENOMEM_and_freed_ones_come_back_with_other_keys()
    {
        List<MemoryWindow> all = [];
        for (int i = 0; i < _rig.Options.MaxMemoryWindows; i++)
        {
            all.Add(Allocate(IBV_MW_TYPE_1));
        }

        Assert.Equal(ENOMEM, _rig.Device.AllocateWindow(_b.Domain, IBV_MW_TYPE_1).Errno);
        HashSet<uint> old = [.. all.Select(w => w.Key)];
        Assert.Equal(all.Count, old.Count);
        all.ForEach(w => Rig.Ok(_rig.Device.DeallocateWindow(w)));
        Assert.All(Enumerable.Range(0, all.Count), _ => Assert.DoesNotContain(Allocate(IBV_MW_TYPE_1).Key, old));
    }

    [Fact]
    public unsafe void A_page_that_vanished_is_reported_with_its_place_in_the_region()
    {
        uint key = Bound(IBV_MW_TYPE_2, 1000, 500, IBV_ACCESS_REMOTE_WRITE);
        using (PlainMemory.Vanish(_region.Start + 1100, 10))
        {
            Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Through(key, 1050, 100));
        }

        Assert.Equal([(_region.Key, 1100UL)], _rig.Events.Faults);
    }

    private MemoryWindow Allocate(uint type) => Rig.Ok(_rig.Device.AllocateWindow(_b.Domain, type));

    private uint Bound(uint type, ulong offset, ulong length, uint access) => Bind(Allocate(type), offset, length, access);

    private uint Bind(MemoryWindow window, ulong offset, ulong length, uint access)
    {
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(Post.Bind(1, window.Key, _region, offset, length, access)).status);
        return Post.Next(window.Key);
    }

    private uint BoundElsewhere()
    {
        var (_, other) = (_rig.NewEndpoint(), _rig.NewEndpoint(domain: _b.Domain));
        Rig.Connect(_rig.NewEndpoint(), other);
        var window = Allocate(IBV_MW_TYPE_2);
        Assert.Equal(IBV_WC_SUCCESS, other.Do(Post.Bind(1, window.Key, _region, 0, 64, IBV_ACCESS_REMOTE_WRITE)).status);
        return Post.Next(window.Key);
    }

    private Post Through(uint key, ulong offset, uint length, TestRegion? local = null) => new()
    {
        Opcode = IBV_WR_RDMA_WRITE,
        Id = 5,
        RemoteAddress = _region.Address + offset,
        RemoteKey = key,
        Sges = [(local ?? _local).Sge(0, length)],
    };

    private void Refused(uint status, uint eventType, Post post)
    {
        Assert.Equal(status, _a.Do(post).status);
        Assert.Contains((eventType, _b.Qp.Number), _rig.Events.Async.Select(e => (e.Type, e.Number)));
        Assert.Equal((IBV_QPS_ERR, IBV_QPS_ERR), (_a.State, _b.State));
    }
}
