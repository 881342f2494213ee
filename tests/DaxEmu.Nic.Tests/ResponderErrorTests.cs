using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>Errors that the responder finds (IBTA 9.9.3): what each side is told, and that both queue pairs end in error.</summary>
public sealed class ResponderErrorTests : IDisposable
{
    private const uint NoEvent = uint.MaxValue;

    private readonly Rig _rig = new();
    private readonly Endpoint _a;
    private readonly Endpoint _b;
    private readonly TestRegion _local;

    public ResponderErrorTests()
    {
        (_a, _b) = _rig.NewPair();
        _local = _a.Register(4096).Fill(1);
    }

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(IBV_WR_RDMA_WRITE, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)]
    [InlineData(IBV_WR_RDMA_READ, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC)]
    [InlineData(IBV_WR_ATOMIC_CMP_AND_SWP, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)]
    public void A_region_without_the_access_is_a_remote_access_error(uint opcode, uint access)
    {
        var remote = _b.Register(4096, access).Fill(2);
        byte[] before = remote.Bytes.ToArray();
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Write(1, remote, 0, _local.Sge(0, 8)) with { Opcode = opcode });
        Assert.Equal(before, remote.Bytes.ToArray());
    }

    [Theory]
    [InlineData(IBV_WR_RDMA_WRITE, IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_ATOMIC)]
    [InlineData(IBV_WR_RDMA_READ, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC)]
    [InlineData(IBV_WR_ATOMIC_CMP_AND_SWP, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ)]
    public void A_queue_pair_without_the_access_is_an_invalid_request(uint opcode, uint access)
    {
        var remote = _b.Register(4096);
        Rig.Ok(_b.Modify(new QpAttributes { AccessFlags = access }, IBV_QP_ACCESS_FLAGS));
        Refused(IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_REQ_ERR, Post.Write(1, remote, 0, _local.Sge(0, 8)) with { Opcode = opcode });
    }

    [Theory]
    [InlineData(4089)]
    [InlineData(-8)]
    [InlineData(1L << 40)]
    public void A_range_outside_the_region_is_a_remote_access_error(long offset)
    {
        var remote = _b.Register(4096);
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Write(1, remote, (ulong)offset, _local.Sge(0, 8)));
    }

    [Fact]
    public void Memory_that_is_mapped_beyond_the_region_is_out_of_reach()
    {
        var remote = _rig.Register(_b.Domain, 100, Rig.AllAccess, memory: _rig.Allocate(4096));
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Write(1, remote, 93, _local.Sge(0, 8)));
    }

    [Fact]
    public void A_key_of_another_domain_is_a_remote_access_error() =>
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Write(1, _a.Register(64), 0, _local.Sge(0, 8)));

    [Fact]
    public void A_deregistered_key_is_a_remote_access_error()
    {
        var remote = _b.Register(4096);
        Rig.Ok(_rig.Device.Deregister(remote.Region));
        Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Write(1, remote, 0, _local.Sge(0, 8)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_misaligned_atomic_is_an_invalid_request(ulong offset) =>
        Refused(IBV_WC_REM_INV_REQ_ERR, IBV_EVENT_QP_REQ_ERR, Post.FetchAdd(1, _b.Register(4096), offset, 1, _local.Sge(0, 8)));

    [Theory]
    [InlineData(IBV_WR_RDMA_READ)]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD)]
    public void A_responder_without_resources_for_reads_and_atomics_refuses_the_request(uint opcode)
    {
        var c = _rig.NewEndpoint();
        var d = _rig.NewEndpoint();
        Rig.Connect(c, d.Qp.Number);
        Rig.Ok(d.Modify(Rig.InitAttributes, Rig.ToInit));
        Rig.Ok(d.Modify(Rig.RtrAttributes(c.Qp.Number) with { MaxDestinationReadAtomic = 0 }, Rig.ToRtr));
        var post = Post.Read(1, d.Register(64), 0, c.Register(64).Sge(0, 8)) with { Opcode = opcode };
        Assert.Equal(IBV_WC_REM_INV_REQ_ERR, c.Do(post).status);
    }

    [Fact]
    public void A_vanished_remote_page_is_a_remote_access_error_reported_with_its_place()
    {
        var remote = _b.Register(4096);
        using (RequesterErrorTests.VanishPage(remote))
        {
            Refused(IBV_WC_REM_ACCESS_ERR, IBV_EVENT_QP_ACCESS_ERR, Post.Write(1, remote, 500, _local.Sge(0, 2000)));
        }

        Assert.Equal([(remote.Key, 1000UL)], _rig.Events.Faults);
    }

    [Theory]
    [InlineData(IBV_WR_RDMA_READ, 0)]
    [InlineData(IBV_WR_ATOMIC_FETCH_AND_ADD, 1000)]
    [InlineData(IBV_WR_ATOMIC_CMP_AND_SWP, 1000)]
    public void A_vanished_page_refuses_reads_and_atomics_too(uint opcode, ulong offset)
    {
        var remote = _b.Register(4096);
        uint length = opcode == IBV_WR_RDMA_READ ? 2000U : 8;
        using (RequesterErrorTests.VanishPage(remote))
        {
            Refused(
                IBV_WC_REM_ACCESS_ERR,
                IBV_EVENT_QP_ACCESS_ERR,
                Post.Write(1, remote, offset, _local.Sge(0, length)) with { Opcode = opcode });
        }

        Assert.Equal([(remote.Key, 1000UL)], _rig.Events.Faults);
    }

    [Fact]
    public void A_receive_that_is_too_short_is_a_length_error_there_and_an_invalid_request_here()
    {
        var remote = _b.Register(4096);
        _b.PostReceive(7, remote.Sge(0, 99));
        Refused(IBV_WC_REM_INV_REQ_ERR, NoEvent, Post.Send(1, _local.Sge(0, 100)));
        Received(7, IBV_WC_LOC_LEN_ERR);
        Assert.Equal(-1, remote.Bytes.IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_receive_into_memory_it_may_not_write_is_a_protection_error_there_and_an_operation_error_here(bool unknownKey)
    {
        var readOnly = _b.Register(4096, 0);
        _b.PostReceive(7, unknownKey ? new rxe_sge { length = 200, lkey = 0x9999 } : readOnly.Sge(0, 200));
        Refused(IBV_WC_REM_OP_ERR, NoEvent, Post.Send(1, _local.Sge(0, 100)));
        Received(7, IBV_WC_LOC_PROT_ERR);
    }

    [Fact]
    public void A_receive_into_a_vanished_page_is_a_protection_error_there()
    {
        var remote = _b.Register(4096);
        _b.PostReceive(7, remote.Whole);
        using (RequesterErrorTests.VanishPage(remote))
        {
            Refused(IBV_WC_REM_OP_ERR, NoEvent, Post.Send(1, _local.Sge(0, 2000)));
        }

        Received(7, IBV_WC_LOC_PROT_ERR);
    }

    [Fact]
    public unsafe void A_receive_with_more_elements_than_the_queue_allows_is_an_operation_error_on_both_sides()
    {
        _b.PostReceive(7, _b.Register(64).Whole);
        ((rxe_recv_wqe*)(_b.ReceiveRing.Memory.Start + 384))->dma.num_sge = 77;
        Refused(IBV_WC_REM_OP_ERR, NoEvent, Post.Send(1, _local.Sge(0, 10)));
        Received(7, IBV_WC_LOC_QP_OP_ERR);
    }

    [Fact]
    public void Receives_of_the_failed_responder_are_flushed_after_the_one_that_failed()
    {
        var remote = _b.Register(4096);
        for (ulong id = 1UL; id <= 3; id++)
        {
            _b.PostReceive(id, remote.Sge(0, 10));
        }

        Refused(IBV_WC_REM_INV_REQ_ERR, NoEvent, Post.Send(1, _local.Sge(0, 100)));
        Assert.Equal(
            [(1UL, IBV_WC_LOC_LEN_ERR), (2UL, IBV_WC_WR_FLUSH_ERR), (3UL, IBV_WC_WR_FLUSH_ERR)],
            _b.ReceiveCq.TakeAll().Select(c => (c.wr_id, c.status)));
    }

    private void Refused(uint status, uint eventType, Post post)
    {
        Assert.Equal(status, _a.Do(post).status);
        Assert.Equal((IBV_QPS_ERR, IBV_QPS_ERR), (_a.State, _b.State));
        (uint Type, uint Number, ulong Cookie)[] expected =
            eventType == NoEvent ? [] : [(eventType, _b.Qp.Number, _b.Qp.Request.Cookie)];
        Assert.Equal(expected, _rig.Events.Async);
    }

    private void Received(ulong id, uint status)
    {
        var received = _b.ReceiveCq.TakeOne();
        Assert.Equal((id, status), (received.wr_id, received.status));
    }
}
