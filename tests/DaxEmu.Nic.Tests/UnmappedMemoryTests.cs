using DaxEmu.Abi;
using DaxEmu.Contract;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_placement_type;
using static DaxEmu.Abi.ib_selectivity_level;
using static DaxEmu.Abi.ib_uverbs_access_flags;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>Memory that is not mapped: work requests wait for its copies, and end as with any other memory.</summary>
public sealed class UnmappedMemoryTests : IDisposable
{
    private const long Millisecond = 1_000_000;

    private readonly SlowMemory _slow = new();
    private readonly Rig _rig;
    private readonly Endpoint _a;
    private readonly Endpoint _b;

    public UnmappedMemoryTests()
    {
        _rig = new Rig(unmapped: _slow);
        (_a, _b) = _rig.NewPair();
    }

    public void Dispose() => _rig.Dispose();

    public static TheoryData<uint, bool, bool> Directions
    {
        get
        {
            TheoryData<uint, bool, bool> all = new();
            foreach (uint opcode in new[] { IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ, IBV_WR_SEND, IBV_WR_RDMA_WRITE_WITH_IMM })
            {
                all.Add(opcode, true, false);
                all.Add(opcode, false, true);
                all.Add(opcode, true, true);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Directions))]
    public void Every_byte_arrives_and_the_completion_comes_after(uint opcode, bool isLocalSlow, bool isRemoteSlow)
    {
        TestRegion local = NewRegion(_a, isLocalSlow).Fill(1);
        TestRegion remote = NewRegion(_b, isRemoteSlow).Fill(2);
        byte[] expected = [.. opcode == IBV_WR_RDMA_READ ? remote.Bytes : local.Bytes];
        _b.PostReceive(7, remote.Sge(0, 300), remote.Sge(300, 700));

        // Elements that meet neither the pieces of the other side nor what is copied at once.
        _a.PostSend(new Post
        {
            Opcode = opcode,
            Id = 5,
            RemoteAddress = remote.Address,
            RemoteKey = remote.Key,
            Sges = [local.Sge(0, 150), local.Sge(150, 0), local.Sge(150, 850)],
        });
        _rig.Run();
        Assert.False(_a.SendCq.TryPoll(out _), "a completion while the first copy is under way");
        RunToTheEnd();

        ib_uverbs_wc completion = _a.SendCq.TakeOne();
        Assert.Equal((5ul, IBV_WC_SUCCESS), (completion.wr_id, completion.status));
        Assert.Equal(expected, local.Bytes.ToArray());
        Assert.Equal(expected, remote.Bytes.ToArray());
    }

    [Theory]
    [InlineData(IBV_WR_RDMA_WRITE, true, IBV_WC_LOC_PROT_ERR)]
    [InlineData(IBV_WR_RDMA_WRITE, false, IBV_WC_REM_ACCESS_ERR)]
    [InlineData(IBV_WR_RDMA_READ, true, IBV_WC_LOC_PROT_ERR)]
    [InlineData(IBV_WR_RDMA_READ, false, IBV_WC_REM_ACCESS_ERR)]
    [InlineData(IBV_WR_SEND, true, IBV_WC_LOC_PROT_ERR)]
    [InlineData(IBV_WR_SEND, false, IBV_WC_REM_OP_ERR)]
    [InlineData(IBV_WR_ATOMIC_WRITE, true, IBV_WC_LOC_PROT_ERR)]
    [InlineData(IBV_WR_ATOMIC_WRITE, false, IBV_WC_REM_ACCESS_ERR)]
    public void Memory_that_is_gone_ends_as_a_page_that_is_gone_does(uint opcode, bool isLocalSlow, uint expected)
    {
        TestRegion local = NewRegion(_a, isLocalSlow);
        TestRegion remote = NewRegion(_b, !isLocalSlow);
        _slow.IsGone = true;
        _b.PostReceive(7, remote.Whole);

        rxe_sge range = opcode == IBV_WR_ATOMIC_WRITE ? local.Sge(0, 8) : local.Whole;
        _a.PostSend(new Post { Opcode = opcode, RemoteAddress = remote.Address, RemoteKey = remote.Key, Sges = [range] });
        RunToTheEnd();

        Assert.Equal(expected, _a.SendCq.TakeOne().status);
        Assert.Equal(IBV_QPS_ERR, _a.State);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void An_atomic_operation_is_carried_out_once(bool isLocalSlow, bool isRemoteSlow)
    {
        TestRegion local = NewRegion(_a, isLocalSlow);
        TestRegion remote = NewRegion(_b, isRemoteSlow);
        remote.Word(3) = 41;

        _a.PostSend(Post.FetchAdd(1, remote, 24, 1, local.Sge(8, 8)));
        RunToTheEnd();
        Assert.Equal(IBV_WC_SUCCESS, _a.SendCq.TakeOne().status);
        Assert.Equal((42ul, 41ul), (remote.Word(3), local.Word(1)));

        _a.PostSend(Post.CompareSwap(2, remote, 24, 42, 7, local.Sge(8, 8)));
        RunToTheEnd();
        Assert.Equal(IBV_WC_SUCCESS, _a.SendCq.TakeOne().status);
        Assert.Equal((7ul, 42ul), (remote.Word(3), local.Word(1)));
        Assert.Equal(isRemoteSlow ? 2 : 0, _slow.Atomics);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void An_atomic_write_is_one_copy_of_eight_bytes(bool isLocalSlow, bool isRemoteSlow)
    {
        TestRegion local = NewRegion(_a, isLocalSlow).Fill(1);
        TestRegion remote = NewRegion(_b, isRemoteSlow).Fill(2);
        byte[] expected = [.. remote.Bytes[..16], .. local.Bytes.Slice(3, 8), .. remote.Bytes[24..]];

        _a.PostSend(Post.Write(1, remote, 16, local.Sge(3, 8)) with { Opcode = IBV_WR_ATOMIC_WRITE });
        _rig.Run();
        Assert.False(_a.SendCq.TryPoll(out _), "a completion while the copy is under way");
        RunToTheEnd();

        Assert.Equal(IBV_WC_SUCCESS, _a.SendCq.TakeOne().status);
        Assert.Equal(expected, remote.Bytes.ToArray());
        Assert.Equal(isRemoteSlow ? [8u] : [], _slow.Writes);
    }

    [Fact]
    public void A_global_flush_touches_nothing_and_a_persistent_one_is_not_allowed()
    {
        Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = Rig.AllAccess | IB_UVERBS_ACCESS_FLUSH_GLOBAL }, IBV_QP_ACCESS_FLAGS));
        TestRegion remote = _rig.RegisterUnmapped(_b.Domain, 1000, _slow, Rig.AllAccess | IB_UVERBS_ACCESS_FLUSH_GLOBAL);

        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Flush(1, remote, 0, 1000, IB_FLUSH_GLOBAL)).status);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Flush(1, remote, 0, 0, IB_FLUSH_GLOBAL, IB_FLUSH_MR)).status);
        Assert.Equal(IBV_WC_REM_INV_REQ_ERR, _a.Do(Post.Flush(1, remote, 0, 1000, IB_FLUSH_PERSISTENT)).status);
        Assert.Empty(_rig.Persistence.Begun);
    }

    [Fact]
    public void A_copy_that_does_not_end_holds_up_no_other_queue_pair_and_no_deregistration()
    {
        _slow.Patience = int.MaxValue;
        TestRegion remote = NewRegion(_b, isSlow: true);
        TestRegion local = _a.Register(1000).Fill(1);
        (Endpoint c, Endpoint d) = _rig.NewPair();
        TestRegion from = c.Register(64).Fill(3);
        TestRegion to = d.Register(64);

        _a.PostSend(Post.Write(1, remote, 0, local.Whole));
        RunToTheEnd();

        Assert.Equal(IBV_WC_SUCCESS, c.Do(Post.Write(2, to, 0, from.Whole)).status);
        Rig.Ok(_rig.Device.Deregister(remote.Region));
        RunToTheEnd();
        Assert.Equal(IBV_WC_REM_ACCESS_ERR, _a.SendCq.TakeOne().status);
    }

    [Fact]
    public void Bytes_count_as_written_by_the_device_only_when_what_is_written_there_has_come()
    {
        ByteRange page = new(0, 4096);
        TestRegion local = _rig.RegisterUnmapped(_a.Domain, 1000, _slow).Fill(1);
        PinRequest wish = new(new(1, 2), "/f", page, PinAccess.None, PinKind.LongTerm, PinMapping.PageCache, new(1, 1, 1, "test"), "");
        TestRegion remote = _rig.Register(_b.Domain, 4096, Rig.AllAccess, wish);
        Pin pin = remote.Region.Pins[0].Pin;
        _rig.Device.WatchWrites(pin);
        _a.PostSend(Post.Write(1, remote, 0, local.Sge(0, 64)));

        _rig.Run();
        DeviceWrites early = new(page);
        _rig.Device.TakeWrites(pin, page, early);
        RunToTheEnd();
        DeviceWrites late = new(page);
        _rig.Device.TakeWrites(pin, page, late);

        Assert.False(early.IsAnyIn(0));
        Assert.Equal(ulong.MaxValue, Assert.Single(late.WordsOf(page).ToArray(), word => word != 0));
    }

    [Fact]
    public void A_datagram_from_such_memory_is_told_to_be_impossible_whatever_became_of_another_s_copy()
    {
        (uint Key, ulong Offset, int Errno) told = default;
        _rig.Events.OnFault = (key, offset, errno) => told = (key, offset, errno);
        _slow.Errno = ENOSPC;
        Endpoint from = _rig.NewDatagramEndpoint();
        Endpoint to = _rig.NewDatagramEndpoint();
        TestRegion local = _rig.RegisterUnmapped(from.Domain, 1000, _slow);
        to.PostReceive(1, to.Register(4096).Whole);

        AddressVector path = new() { IsGlobal = true, PortNumber = 1, DestinationGid = Rig.LocalGid };
        from.Do(new Post
        {
            IsDatagram = true,
            RemoteQp = to.Qp.Number,
            RemoteQkey = Rig.Qkey,
            Handle = Rig.Ok(_rig.Device.CreateAddressHandle(from.Domain, path)).Number,
            Sges = [local.Sge(0, 64)],
        });

        Assert.Equal((local.Key, 0UL, EOPNOTSUPP), told);
    }

    [Fact]
    public void An_engine_without_the_means_refuses_such_memory()
    {
        using Rig rig = new();
        (Endpoint a, Endpoint b) = rig.NewPair();
        TestRegion remote = rig.RegisterUnmapped(b.Domain, 64, new SlowMemory());

        Assert.Equal(IBV_WC_REM_ACCESS_ERR, a.Do(Post.Write(1, remote, 0, a.Register(64).Whole)).status);
    }

    private TestRegion NewRegion(Endpoint endpoint, bool isSlow) =>
        isSlow ? _rig.RegisterUnmapped(endpoint.Domain, 1000, _slow) : endpoint.Register(1000);

    private void RunToTheEnd()
    {
        for (int i = 0; i < 200; i++)
        {
            _rig.Advance(Millisecond);
        }
    }
}
