using DaxEmu.Abi;
using DaxEmu.Linux.Sockets;
using Xunit;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Device.Tests;

/// <summary>Two open device files, connected, moving data between two mapped files.</summary>
public sealed class DataPathTests : IDisposable
{
    private const ulong AddressA = 0x10_0000;
    private const ulong AddressB = 0x20_0000;
    private const int Length = 1 << 20;

    private readonly TestDevice _device = new();
    private readonly TestFile _fileA = new(Length);
    private readonly TestFile _fileB = new(Length);

    public void Dispose()
    {
        _device.Dispose();
        _fileA.Dispose();
        _fileB.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void An_rdma_write_changes_the_peers_file()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        byte[] pattern = [.. Enumerable.Range(0, Length).Select(i => (byte)(i * 31 / 7))];
        RandomAccess.Write(_fileA.Handle, pattern, 0);

        a.Qp.Post(IBV_WR_RDMA_WRITE, 42, a.All, AddressB, b.Region.rkey);
        ib_uverbs_wc completion = a.Cq.Poll();

        Assert.Equal((42ul, IBV_WC_SUCCESS, a.Qp.Number), (completion.wr_id, completion.status, completion.qp_num));
        Assert.Equal(pattern, _fileB.Content);
    }

    [Fact]
    public void A_send_meets_a_receive_that_is_posted_later()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        RandomAccess.Write(_fileA.Handle, "ping"u8, 0);

        a.Qp.Post(IBV_WR_SEND, 1, new rxe_sge { addr = AddressA, length = 4, lkey = a.Region.lkey });
        b.Qp.PostReceive(2, new rxe_sge { addr = AddressB, length = 64, lkey = b.Region.lkey });

        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
        ib_uverbs_wc received = b.Cq.Poll();
        Assert.Equal((2ul, IBV_WC_SUCCESS, 4u), (received.wr_id, received.status, received.byte_len));
        Assert.Equal("ping"u8, _fileB.Content.AsSpan(0, 4));
    }

    [Fact]
    public void A_completion_event_reaches_the_channel_of_an_armed_queue_once()
    {
        using Side a = new(_device, _fileA, AddressA, withChannel: true);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        a.Client.Arm(a.Cq.Handle);

        for (ulong i = 0; i < 3; i++)
        {
            a.Qp.Post(IBV_WR_RDMA_WRITE, i, a.All, AddressB, b.Region.rkey);
            a.Cq.Poll();
        }

        byte[] buffer = new byte[64];
        Assert.Equal(8, a.Channel!.Receive(buffer).Length);
        Assert.Equal(Side.CqUserHandle, BitConverter.ToUInt64(buffer));
        Assert.Equal(errno.EAGAIN, a.Channel.TryReceive(buffer, out _));
    }

    [Fact]
    public void Destroying_a_queue_reports_the_events_that_were_read_and_takes_back_the_others()
    {
        using Side a = new(_device, _fileA, AddressA, withChannel: true);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        for (ulong i = 0; i < 5; i++)
        {
            a.Client.Arm(a.Cq.Handle);
            a.Qp.Post(IBV_WR_RDMA_WRITE, i, a.All, AddressB, b.Region.rkey);
            a.Cq.Poll();
        }

        byte[] buffer = new byte[64];
        a.Channel!.Receive(buffer);
        a.Channel.Receive(buffer);
        a.Client.DestroyQp(a.Qp.Handle);
        TestReply destroyed = a.Client.DestroyCq(a.Cq.Handle);

        Assert.Equal(2u, destroyed.Read<ib_uverbs_destroy_cq_resp>().comp_events_reported);
        Assert.Equal(errno.EAGAIN, a.Channel.TryReceive(buffer, out ReceivedMessage _));
    }

    [Fact]
    public void A_request_that_fails_shows_the_error_state_of_both_sides_in_their_doorbells()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        b.Qp.PostReceive(1, b.All with { length = 1 });

        a.Qp.Post(IBV_WR_SEND, 7, a.All);

        Assert.Equal(IBV_WC_REM_INV_REQ_ERR, a.Cq.Poll().status);
        foreach (Side side in new[] { a, b })
        {
            Assert.True(SpinWait.SpinUntil(() => side.Qp.ShownState == (byte)ibv_qp_state.IBV_QPS_ERR, TimeSpan.FromSeconds(60)));
        }
    }

    [Fact]
    public void What_was_posted_before_a_resize_counts_as_waiting()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        for (ulong id = 1; id <= 10; id++)
        {
            a.Qp.Post(IBV_WR_RDMA_WRITE, id, a.All with { length = 64 }, AddressB, b.Region.rkey);
        }

        TestReply reply = a.Client.Try<ib_uverbs_resize_cq, ib_uverbs_resize_cq_resp>(
            ib_uverbs_write_cmds.IB_USER_VERBS_CMD_RESIZE_CQ, new ib_uverbs_resize_cq { cq_handle = a.Cq.Handle, cqe = 9 }, 16);

        Assert.Equal(errno.EINVAL, reply.Errno);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (ulong)i), Enumerable.Range(1, 10).Select(_ => a.Cq.Poll().wr_id));
    }

    [Fact]
    public void A_post_send_command_rings_for_a_client_that_cannot()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);

        a.Qp.Enqueue(IBV_WR_RDMA_WRITE, 7, a.All, AddressB, b.Region.rkey);
        a.Client.Command<ib_uverbs_post_send, ib_uverbs_post_send_resp>(
            ib_uverbs_write_cmds.IB_USER_VERBS_CMD_POST_SEND, new ib_uverbs_post_send { qp_handle = a.Qp.Handle });

        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
    }

    [Fact]
    public void A_client_that_dies_in_mid_transfer_leaves_its_peer_with_errors()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        for (ulong i = 0; i < 15; i++)
        {
            a.Qp.Enqueue(IBV_WR_RDMA_WRITE, i, a.All, AddressB, b.Region.rkey);
        }

        a.Qp.Ring();
        b.Client.Connection.Dispose();

        List<uint> statuses = [];
        for (int i = 0; i < 15; i++)
        {
            statuses.Add(a.Cq.Poll().status);
        }

        byte[] buffer = new byte[64];
        Assert.Equal(16, a.Client.AsyncChannel!.Receive(buffer).Length);
        Assert.Equal(ibv_event_type.IBV_EVENT_QP_FATAL, BitConverter.ToUInt32(buffer, 8));
        Assert.Equal(Side.QpUserHandle, BitConverter.ToUInt64(buffer));
        a.Qp.Post(IBV_WR_RDMA_WRITE, 99, a.All, AddressB, b.Region.rkey);
        Assert.Equal(IBV_WC_WR_FLUSH_ERR, a.Cq.Poll().status);
        Assert.Equal((byte)ibv_qp_state.IBV_QPS_ERR, a.Client.QueryQp(a.Qp.Handle).qp_state);
        Assert.Equal((byte)ibv_qp_state.IBV_QPS_ERR, a.Qp.ShownState);
    }

    [Fact]
    public void A_truncate_behind_the_devices_back_ends_as_a_failed_completion_and_a_breach()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);

        RandomAccess.SetLength(_fileB.Handle, 0);
        a.Qp.Post(IBV_WR_RDMA_WRITE, 1, a.All, AddressB, b.Region.rkey);

        Assert.NotEqual(IBV_WC_SUCCESS, a.Cq.Poll().status);
        // The work request has failed already when the contract is told.
        Assert.True(SpinWait.SpinUntil(() => _device.Journal.Of().OfType<Contract.Breach>().Count() == 1, TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void A_send_ring_full_of_rubbish_harms_nobody_else()
    {
        using Side a = new(_device, _fileA, AddressA);
        using Side b = new(_device, _fileB, AddressB);
        using Side c = new(_device, _fileA, AddressA);
        using Side d = new(_device, _fileB, AddressB);
        TestVerbs.Connect(a.Qp, b.Qp);
        TestVerbs.Connect(c.Qp, d.Qp);

        Random random = new(1);
        for (ulong i = 0; i < 2000; i++)
        {
            random.NextBytes(a.Qp.SendRing.Slice(0, (int)a.Qp.SendRing.Length));
            random.NextBytes(a.Client.Doorbell!.Slice(4096, 4096));
            a.Qp.Ring();
            c.Qp.Post(IBV_WR_RDMA_WRITE, i, c.All with { length = 64 }, AddressB, d.Region.rkey);
            Assert.Equal((i, IBV_WC_SUCCESS), c.Cq.Poll() is var wc ? (wc.wr_id, wc.status) : default);
        }
    }
}
