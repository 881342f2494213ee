using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_srq_attr_mask;
using static DaxEmu.Abi.ibv_srq_type;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Device.Tests;

/// <summary>The commands of shared receive queues, as the rxe provider gives them.</summary>
public sealed class SharedReceiveQueueTests : IDisposable
{
    private const ulong Address = 0x10_0000;
    private const ulong SrqUserHandle = 0xe0;

    private readonly TestDevice _device = new();
    private readonly TestFile _file = new(65536);

    public void Dispose()
    {
        _device.Dispose();
        _file.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void A_message_to_a_queue_pair_goes_to_a_receive_of_the_shared_queue()
    {
        using Side a = new(_device, _file, Address);
        using Side b = new(_device, _file, Address);
        using TestSharedReceiveQueue srq = b.Client.CreateSrq(b.Pd, maxWr: 4);
        using TestQueuePair qp = b.Client.CreateQp(TestVerbs.NewQp(b.Pd, b.Cq.Handle) with { is_srq = 1, srq_handle = srq.Handle });
        TestVerbs.Connect(a.Qp, qp);
        a.Qp.Post(IBV_WR_SEND, 1, a.All with { length = 16 });
        srq.PostReceive(7, b.All with { addr = Address + 4096, length = 16 });

        Assert.Equal((1ul, IBV_WC_SUCCESS), a.Cq.Poll() is var s ? (s.wr_id, s.status) : default);
        Assert.Equal((7ul, qp.Number), b.Cq.Poll() is var r ? (r.wr_id, r.qp_num) : default);
        ib_uverbs_query_qp_resp query = b.Client.QueryQp(qp.Handle);
        Assert.Equal((0u, 0u), (query.max_recv_wr, query.max_recv_sge));
        Assert.Equal(EBUSY, b.Client.DestroySrq(srq.Handle).Errno);
        Assert.Equal(0, b.Client.DestroyQp(qp.Handle).Errno);
        Assert.Equal(0, b.Client.DestroySrq(srq.Handle).Errno);
    }

    [Fact]
    public void The_limit_event_reaches_the_program_and_is_counted_when_the_queue_goes()
    {
        using Side a = new(_device, _file, Address);
        using Side b = new(_device, _file, Address);
        using TestSharedReceiveQueue srq = b.Client.CreateSrq(b.Pd, maxWr: 4);
        using TestQueuePair qp = b.Client.CreateQp(TestVerbs.NewQp(b.Pd, b.Cq.Handle) with { is_srq = 1, srq_handle = srq.Handle });
        TestVerbs.Connect(a.Qp, qp);
        srq.PostReceive(7, b.All with { length = 16 });
        Assert.Equal(0, b.Client.ModifySrq(srq.Handle, IBV_SRQ_LIMIT, limit: 1).Errno);
        Assert.Equal(1u, b.Client.QuerySrq(srq.Handle).srq_limit);

        a.Qp.Post(IBV_WR_SEND, 1, a.All with { length = 16 });

        Assert.Equal((SrqUserHandle, IBV_EVENT_SRQ_LIMIT_REACHED), b.Client.ReadAsyncEvent());
        Assert.Equal(0u, b.Client.QuerySrq(srq.Handle).srq_limit);
        Assert.Equal(0, b.Client.DestroyQp(qp.Handle).Errno);
        Assert.Equal(1u, b.Client.DestroySrq(srq.Handle).Read<ib_uverbs_destroy_srq_resp>().events_reported);
    }

    [Fact]
    public void A_resize_replies_with_the_new_ring_which_holds_what_was_posted()
    {
        using Side a = new(_device, _file, Address);
        using Side b = new(_device, _file, Address);
        using TestSharedReceiveQueue small = b.Client.CreateSrq(b.Pd, maxWr: 3);
        using TestQueuePair qp = b.Client.CreateQp(TestVerbs.NewQp(b.Pd, b.Cq.Handle) with { is_srq = 1, srq_handle = small.Handle });
        TestVerbs.Connect(a.Qp, qp);
        small.PostReceive(1, b.All with { length = 16 });
        small.PostReceive(2, b.All with { length = 16 });

        TestReply reply = b.Client.ModifySrq(small.Handle, IBV_SRQ_MAX_WR, maxWr: 60);
        Assert.Equal(0, reply.Errno);
        using TestSharedReceiveQueue large = new(small.Handle, b.Client.MapQueue(reply.Read<mminfo>()));
        Assert.Equal(63u, b.Client.QuerySrq(small.Handle).max_wr);
        for (ulong id = 3; id <= 50; id++)
        {
            large.PostReceive(id, b.All with { length = 16 });
        }

        for (ulong id = 1; id <= 50; id++)
        {
            a.Qp.Post(IBV_WR_SEND, id, a.All with { length = 16 });
            Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
            Assert.Equal(id, b.Cq.Poll().wr_id);
        }
    }

    [Theory]
    [InlineData(IBV_SRQ_MAX_WR, 0u, 0u)]
    [InlineData(IBV_SRQ_MAX_WR, 1u, 0u)]
    [InlineData(IBV_SRQ_MAX_WR, 1u << 30, 0u)]
    [InlineData(IBV_SRQ_LIMIT, 0u, 4u)]
    [InlineData(IBV_SRQ_MAX_WR | IBV_SRQ_LIMIT, 10u, 4u)]
    public void A_modification_that_is_refused_changes_nothing(uint mask, uint maxWr, uint limit)
    {
        using Side side = new(_device, _file, Address);
        using TestSharedReceiveQueue srq = side.Client.CreateSrq(side.Pd, maxWr: 3);
        srq.PostReceive(1, side.All);
        srq.PostReceive(2, side.All);

        Assert.Equal(EINVAL, side.Client.ModifySrq(srq.Handle, mask, maxWr, limit).Errno);

        Assert.Equal((3u, 0u), side.Client.QuerySrq(srq.Handle) is var q ? (q.max_wr, q.srq_limit) : default);
    }

    [Fact]
    public void What_does_not_exist_or_is_too_much_has_the_kernels_errno()
    {
        using TestClient client = _device.Open();
        uint pd = client.AllocatePd();
        uint most = client.Command<ib_uverbs_query_device, ib_uverbs_query_device_resp>(IB_USER_VERBS_CMD_QUERY_DEVICE, default)
            .Read<ib_uverbs_query_device_resp>() is var d ? d.max_srq_wr : 0;

        Assert.Equal(EINVAL, client.TryCreateSrq(77, 4, 1).Errno);
        Assert.Equal(EINVAL, client.TryCreateSrq(pd, 0, 1).Errno);
        Assert.Equal(EINVAL, client.TryCreateSrq(pd, most + 1, 1).Errno);
        Assert.Equal(EINVAL, client.TryCreateSrq(pd, 4, 33).Errno);
        Assert.Equal(EINVAL, client.ModifySrq(9, IBV_SRQ_LIMIT).Errno);
        Assert.Equal(ENOENT, client.DestroySrq(9).Errno);
        using TestCompletionQueue cq = client.CreateCq(4);
        Assert.Equal(EINVAL, client.TryCreateQp(TestVerbs.NewQp(pd, cq.Handle) with { is_srq = 1, srq_handle = 9 }).Errno);
    }

    [Theory]
    [InlineData(IBV_SRQT_BASIC, 0)]
    [InlineData(IBV_SRQT_XRC, EOPNOTSUPP)]
    [InlineData(IBV_SRQT_TM, EOPNOTSUPP)]
    public void Of_the_typed_ones_the_basic_is_served(uint type, int errno)
    {
        using TestClient client = _device.Open();
        ib_uverbs_create_xsrq request = new() { srq_type = type, pd_handle = client.AllocatePd(), max_wr = 4, max_sge = 1 };

        Assert.Equal(errno, client.Try<ib_uverbs_create_xsrq, ib_uverbs_create_srq_resp>(
            IB_USER_VERBS_CMD_CREATE_XSRQ, request, Unsafe.SizeOf<rxe_create_srq_resp>()).Errno);
    }

    [Fact]
    public void A_client_that_goes_leaves_nothing_of_its_shared_queues()
    {
        for (int i = 0; i < 50; i++)
        {
            using Side b = new(_device, _file, Address);
            using TestSharedReceiveQueue srq = b.Client.CreateSrq(b.Pd, maxWr: 4);
            using TestQueuePair qp = b.Client.CreateQp(TestVerbs.NewQp(b.Pd, b.Cq.Handle) with { is_srq = 1, srq_handle = srq.Handle });
            if (i % 2 == 0)
            {
                b.Client.ModifySrq(srq.Handle, IBV_SRQ_MAX_WR, maxWr: 100);
            }

            Assert.Equal(1, _device.Server.Snapshot.Objects.SharedReceiveQueues);
            b.Client.Dispose();
            _device.Log.TakeClosed();
        }

        Assert.Equal(0, _device.Mappings.Count);
        Assert.Equal(default, _device.Server.Snapshot.Objects);
    }
}
