using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_send_flags;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>Errors that the requester finds on its own side (IBTA 9.9.2.3): the peer is not touched.</summary>
public sealed class RequesterErrorTests : IDisposable
{
    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _local;
    private readonly TestRegion _remote;

    public RequesterErrorTests()
    {
        (_a, _b) = _rig.NewPair();
        _local = _a.Register(4096).Fill(1);
        _remote = _b.Register(4096);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void An_unknown_local_key_is_a_local_protection_error() =>
        Fails(IBV_WC_LOC_PROT_ERR, Post.Write(1, _remote, 0, _local.Sge(0, 8) with { lkey = 0x7777 }));

    [Fact]
    public void A_key_with_the_right_index_but_an_old_byte_is_a_local_protection_error() =>
        Fails(IBV_WC_LOC_PROT_ERR, Post.Write(1, _remote, 0, _local.Sge(0, 8) with { lkey = _local.Key ^ 1 }));

    [Fact]
    public void A_local_key_of_another_domain_is_a_local_protection_error() =>
        Fails(IBV_WC_LOC_PROT_ERR, Post.Write(1, _remote, 0, _remote.Sge(0, 8)));

    [Theory]
    [InlineData(4090, 7)]
    [InlineData(4097, 1)]
    [InlineData(-1, 2)]
    public void A_range_past_either_end_of_the_region_is_a_local_protection_error(long offset, uint length) =>
        Fails(IBV_WC_LOC_PROT_ERR, Post.Write(1, _remote, 0, _local.Sge((ulong)offset, length)));

    [Fact]
    public void A_bad_last_element_keeps_the_first_from_being_sent()
    {
        Fails(IBV_WC_LOC_PROT_ERR, Post.Write(1, _remote, 0, _local.Sge(0, 8), _local.Sge(4095, 2)));
        Assert.Equal(-1, _remote.Bytes.IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Reading_into_memory_without_local_write_is_a_local_protection_error()
    {
        var readOnly = _a.Register(64, IBV_ACCESS_REMOTE_READ);
        Fails(IBV_WC_LOC_PROT_ERR, Post.Read(1, _remote, 0, readOnly.Whole));
    }

    [Fact]
    public void An_atomic_whose_result_may_not_be_stored_does_not_happen()
    {
        var readOnly = _a.Register(64, 0);
        Fails(IBV_WC_LOC_PROT_ERR, Post.FetchAdd(1, _remote, 0, 5, readOnly.Sge(0, 8)));
        Assert.Equal(0UL, _remote.Word(0));
    }

    [Fact]
    public void An_atomic_result_of_less_than_eight_bytes_is_a_local_length_error() =>
        Fails(IBV_WC_LOC_LEN_ERR, Post.FetchAdd(1, _remote, 0, 5, _local.Sge(0, 7)));

    [Fact]
    public void A_message_above_the_limit_is_a_local_length_error() =>
        Fails(IBV_WC_LOC_LEN_ERR, Post.Write(1, _remote, 0, _local.Sge(0, 1U << 31), _local.Sge(0, 1)));

    [Fact]
    public void An_unknown_opcode_is_a_local_operation_error() => Fails(IBV_WC_LOC_QP_OP_ERR, new Post { Opcode = 200 });

    [Fact]
    public void More_elements_than_the_queue_allows_is_a_local_operation_error()
    {
        // Only a broken provider posts this: the ring is the client's, so the count is written there afterwards.
        _a.PostSend(Post.Write(1, _remote, 0, _local.Sge(0, 8)));
        Scribble(0, (ref rxe_send_wqe work) => work.dma.num_sge = 5);
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, RunAndTake().status);
    }

    [Fact]
    public void More_inline_data_than_the_queue_allows_is_a_local_operation_error()
    {
        _a.PostSend(new Post { Opcode = IBV_WR_SEND, Inline = new byte[8], Flags = IBV_SEND_INLINE });
        Scribble(0, (ref rxe_send_wqe work) => work.dma.length = uint.MaxValue);
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, RunAndTake().status);
    }

    [Fact]
    public void Inline_data_for_an_rdma_read_is_a_local_operation_error() =>
        Fails(IBV_WC_LOC_QP_OP_ERR, Post.Read(1, _remote, 0, _local.Sge(0, 8)) with { Flags = IBV_SEND_INLINE });

    [Fact]
    public void An_rdma_read_of_a_queue_pair_that_may_have_none_outstanding_is_a_local_operation_error()
    {
        var (c, d) = _rig.NewPair(rts: Rig.RtsAttributes with { MaxReadAtomic = 0 });
        var local = c.Register(64);
        Assert.Equal(IBV_WC_LOC_QP_OP_ERR, c.Do(Post.Read(1, d.Register(64), 0, local.Sge(0, 8))).status);
    }

    [Fact]
    public void A_local_page_that_vanished_is_a_local_protection_error_and_reported()
    {
        using (VanishPage(_local))
        {
            Fails(IBV_WC_LOC_PROT_ERR, Post.Write(1, _remote, 0, _local.Sge(0, 4096)));
        }

        Assert.Equal([(_local.Key, 1000UL)], _rig.Events.Faults);
    }

    [Fact]
    public void A_local_page_that_vanishes_under_an_rdma_read_is_a_local_protection_error()
    {
        using (VanishPage(_local))
        {
            Fails(IBV_WC_LOC_PROT_ERR, Post.Read(1, _remote, 0, _local.Sge(0, 4096)));
        }

        Assert.Equal([(_local.Key, 1000UL)], _rig.Events.Faults);
    }

    internal static unsafe IDisposable VanishPage(TestRegion region) => PlainMemory.Vanish(region.Start + 1000, 100);

    private delegate void Edit(ref rxe_send_wqe work);

    private unsafe void Scribble(uint slot, Edit edit) =>
        edit(ref *(rxe_send_wqe*)(_a.SendRing.Memory.Start + 384 + (slot << (int)_a.SendRing.Header->log2_elem_size)));

    private ib_uverbs_wc RunAndTake()
    {
        _rig.Run();
        return _a.SendCq.TakeOne();
    }

    private void Fails(uint status, Post post)
    {
        Assert.Equal(status, _a.Do(post).status);
        Assert.Equal((IBV_QPS_ERR, IBV_QPS_RTS), (_a.State, _b.State));
        Assert.Empty(_rig.Events.Async);
    }
}
