using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_wc_opcode;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>ATOMIC WRITE: 8 bytes in one step.</summary>
public sealed class AtomicWriteTests : IDisposable
{
    private static readonly byte[] Value = [1, 2, 3, 4, 5, 6, 7, 8];

    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _local;
    private readonly TestRegion _remote;

    public AtomicWriteTests()
    {
        (_a, _b) = _rig.NewPair();
        _local = _a.Register(4096).Fill(1);
        _remote = _b.Register(4096);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Eight_bytes_of_the_work_request_replace_eight_bytes_of_the_peer()
    {
        var written = _a.Do(Inline(16));
        Assert.Equal((IBV_WC_SUCCESS, IBV_WC_ATOMIC_WRITE, 8U), (written.status, written.opcode, written.byte_len));
        Assert.Equal(Value, _remote.Bytes.Slice(16, 8).ToArray());
        Assert.Equal((0UL, 0UL), (_remote.Word(1), _remote.Word(3)));
    }

    [Fact]
    public void They_may_lie_in_registered_memory()
    {
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Post.Write(1, _remote, 8, _local.Sge(3, 8)) with { Opcode = IBV_WR_ATOMIC_WRITE }).status);
        Assert.Equal(_local.Bytes.Slice(3, 8), _remote.Bytes.Slice(8, 8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_misaligned_address_is_an_invalid_request(ulong offset) =>
        Refused(IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_REQ_ERR, Inline(offset));

    [Theory]
    [InlineData(4096)]
    [InlineData(1L << 40)]
    public void An_address_outside_the_region_is_a_remote_access_error(long offset) =>
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Inline((ulong)offset));

    [Fact]
    public void A_region_without_remote_write_is_a_remote_access_error() => Refused(
        IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR,
        Inline(0, _b.Register(64, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)));

    [Fact]
    public void A_queue_pair_without_remote_write_is_an_invalid_request()
    {
        Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC }, IBV_QP_ACCESS_FLAGS));
        Refused(IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_REQ_ERR, Inline(0));
    }

    [Fact]
    public void A_responder_without_resources_for_reads_and_atomics_refuses_it()
    {
        var (c, d) = (_rig.NewEndpoint(), _rig.NewEndpoint());
        Rig.Connect(c, d.Qp.Number);
        Rig.Ok(d.Modify(Rig.InitAttributes, Rig.ToInit));
        Rig.Ok(d.Modify(Rig.RtrAttributes(c.Qp.Number) with { MaxDestinationReadAtomic = 0 }, Rig.ToRtr));
        Assert.Equal(IBV_WC_REM_INV_REQ_ERR, c.Do(Inline(0, d.Register(64))).status);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(0)]
    public void Any_other_number_of_bytes_is_a_local_length_error(int bytes) =>
        Assert.Equal(IBV_WC_LOC_LEN_ERR, _a.Do(Inline(0) with { Inline = new byte[bytes] }).status);

    [Fact]
    public void Bytes_in_two_pieces_cannot_be_written_in_one_step() => Assert.Equal(
        IBV_WC_LOC_QP_OP_ERR,
        _a.Do(Post.Write(1, _remote, 0, _local.Sge(0, 4), _local.Sge(64, 4)) with { Opcode = IBV_WR_ATOMIC_WRITE }).status);

    [Fact]
    public void It_works_through_a_window()
    {
        var region = _b.Register(64, Rig.AllAccess | IBV_ACCESS_MW_BIND);
        var window = Rig.Ok(_rig.Device.AllocateWindow(_b.Domain, IBV_MW_TYPE_2));
        Assert.Equal(IBV_WC_SUCCESS, _b.Do(Post.Bind(1, window.Key, region, 8, 8, IBV_ACCESS_REMOTE_WRITE)).status);
        Assert.Equal(IBV_WC_SUCCESS, _a.Do(Inline(8, region) with { RemoteKey = Post.Next(window.Key) }).status);
        Assert.Equal(Value, region.Bytes.Slice(8, 8).ToArray());
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Inline(16, region) with { RemoteKey = Post.Next(window.Key) });
    }

    private Post Inline(ulong offset, TestRegion? remote = null) =>
        Post.Write(1, remote ?? _remote, offset) with { Opcode = IBV_WR_ATOMIC_WRITE, Inline = Value };

    private void Refused(uint status, uint eventType, Post post)
    {
        byte[] before = _remote.Bytes.ToArray();
        Assert.Equal(status, _a.Do(post).status);
        Assert.Equal(before, _remote.Bytes.ToArray());
        Assert.Contains((eventType, _b.Qp.Number), _rig.Events.Async.Select(e => (e.Type, e.Number)));
    }
}
