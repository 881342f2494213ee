using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_mtu;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Device.Tests;

/// <summary>The commands, for tests that need objects.</summary>
internal static class TestVerbs
{
    public const uint AllAccess = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC;

    public static uint AllocatePd(this TestClient client) =>
        client.Command<ib_uverbs_alloc_pd, ib_uverbs_alloc_pd_resp>(IB_USER_VERBS_CMD_ALLOC_PD, default)
            .Read<ib_uverbs_alloc_pd_resp>().pd_handle;

    public static TestReply DeallocatePd(this TestClient client, uint pd) =>
        client.Try(IB_USER_VERBS_CMD_DEALLOC_PD, new ib_uverbs_dealloc_pd { pd_handle = pd });

    public static TestReply TryRegister(
        this TestClient client, uint pd, SafeFileHandle file, ulong address, ulong length, ulong offset = 0, uint access = AllAccess,
        uint protection = 3, uint flags = 0)
    {
        ib_uverbs_reg_mr request = new() { pd_handle = pd, start = address, length = length, hca_va = address, access_flags = access };
        return client.Write(
            TestClient.Framed(IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(request), Unsafe.SizeOf<ib_uverbs_reg_mr_resp>()),
            [new daxemu_segment { address = address, length = length, offset = offset, protection = protection, flags = flags }],
            file);
    }

    public static ib_uverbs_reg_mr_resp Register(this TestClient client, uint pd, SafeFileHandle file, ulong address, ulong length)
    {
        TestReply reply = client.TryRegister(pd, file, address, length);
        Assert.True(reply.Result > 0, reply.Text);
        return reply.Read<ib_uverbs_reg_mr_resp>();
    }

    public static TestReply Deregister(this TestClient client, uint handle) =>
        client.Try(IB_USER_VERBS_CMD_DEREG_MR, new ib_uverbs_dereg_mr { mr_handle = handle });

    public static (int Id, SeqPacketConnection Channel) CreateChannel(this TestClient client)
    {
        TestReply reply = client.Command<ib_uverbs_create_comp_channel, ib_uverbs_create_comp_channel_resp>(
            IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, default);
        return ((int)reply.Read<ib_uverbs_create_comp_channel_resp>().fd, new SeqPacketConnection(Assert.Single(reply.Descriptors)));
    }

    public static TestReply TryCreateCq(this TestClient client, uint entries, int channel = -1, ulong userHandle = 0) =>
        client.Try<ib_uverbs_create_cq, ib_uverbs_create_cq_resp>(
            IB_USER_VERBS_CMD_CREATE_CQ,
            new ib_uverbs_create_cq { cqe = entries, comp_channel = channel, user_handle = userHandle },
            Unsafe.SizeOf<rxe_create_cq_resp>());

    public static TestCompletionQueue CreateCq(this TestClient client, uint entries, int channel = -1, ulong userHandle = 0)
    {
        TestReply reply = client.TryCreateCq(entries, channel, userHandle);
        Assert.True(reply.Result > 0, reply.Text);
        mminfo queue = reply.Read<rxe_create_cq_resp>(Unsafe.SizeOf<ib_uverbs_create_cq_resp>()).mi;
        return new TestCompletionQueue(reply.Read<ib_uverbs_create_cq_resp>().cq_handle, client.MapQueue(queue));
    }

    public static void Arm(this TestClient client, uint cq) =>
        Assert.True(client.Try(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, new ib_uverbs_req_notify_cq { cq_handle = cq }).Result > 0);

    public static TestReply DestroyCq(this TestClient client, uint cq) =>
        client.Try<ib_uverbs_destroy_cq, ib_uverbs_destroy_cq_resp>(IB_USER_VERBS_CMD_DESTROY_CQ, new ib_uverbs_destroy_cq { cq_handle = cq });

    public static ib_uverbs_create_qp NewQp(uint pd, uint cq, ulong userHandle = 0) => new()
    {
        user_handle = userHandle,
        pd_handle = pd,
        send_cq_handle = cq,
        recv_cq_handle = cq,
        max_send_wr = 16,
        max_recv_wr = 16,
        max_send_sge = 1,
        max_recv_sge = 1,
        qp_type = (byte)IBV_QPT_RC,
    };

    public static TestReply TryCreateQp(this TestClient client, ib_uverbs_create_qp request) =>
        client.Try<ib_uverbs_create_qp, ib_uverbs_create_qp_resp>(
            IB_USER_VERBS_CMD_CREATE_QP, request, Unsafe.SizeOf<rxe_create_qp_resp>());

    public static TestQueuePair CreateQp(this TestClient client, ib_uverbs_create_qp request)
    {
        TestReply reply = client.TryCreateQp(request);
        Assert.True(reply.Result > 0, reply.Text);
        ib_uverbs_create_qp_resp response = reply.Read<ib_uverbs_create_qp_resp>();
        rxe_create_qp_resp queues = reply.Read<rxe_create_qp_resp>(Unsafe.SizeOf<ib_uverbs_create_qp_resp>());
        return new TestQueuePair(client, response.qp_handle, response.qpn, client.MapQueue(queues.sq_mi), request.is_srq == 0 ? client.MapQueue(queues.rq_mi) : null);
    }

    public static TestReply TryCreateSrq(this TestClient client, uint pd, uint maxWr, uint maxSge) =>
        client.Try<ib_uverbs_create_srq, ib_uverbs_create_srq_resp>(
            IB_USER_VERBS_CMD_CREATE_SRQ,
            new ib_uverbs_create_srq { pd_handle = pd, user_handle = 0xe0, max_wr = maxWr, max_sge = maxSge },
            Unsafe.SizeOf<rxe_create_srq_resp>());

    public static TestSharedReceiveQueue CreateSrq(this TestClient client, uint pd, uint maxWr)
    {
        TestReply reply = client.TryCreateSrq(pd, maxWr, maxSge: 1);
        Assert.True(reply.Result > 0, reply.Text);
        rxe_create_srq_resp provider = reply.Read<rxe_create_srq_resp>(Unsafe.SizeOf<ib_uverbs_create_srq_resp>());
        return new TestSharedReceiveQueue(reply.Read<ib_uverbs_create_srq_resp>().srq_handle, client.MapQueue(provider.mi));
    }

    public static TestReply ModifySrq(this TestClient client, uint srq, uint mask, uint maxWr = 0, uint limit = 0) =>
        client.Try(
            IB_USER_VERBS_CMD_MODIFY_SRQ,
            new ib_uverbs_modify_srq { srq_handle = srq, attr_mask = mask, max_wr = maxWr, srq_limit = limit });

    public static ib_uverbs_query_srq_resp QuerySrq(this TestClient client, uint srq) =>
        client.Command<ib_uverbs_query_srq, ib_uverbs_query_srq_resp>(
            IB_USER_VERBS_CMD_QUERY_SRQ, new ib_uverbs_query_srq { srq_handle = srq }).Read<ib_uverbs_query_srq_resp>();

    public static TestReply DestroySrq(this TestClient client, uint srq) =>
        client.Try<ib_uverbs_destroy_srq, ib_uverbs_destroy_srq_resp>(
            IB_USER_VERBS_CMD_DESTROY_SRQ, new ib_uverbs_destroy_srq { srq_handle = srq });

    public static (ulong Element, uint Type) ReadAsyncEvent(this TestClient client)
    {
        byte[] buffer = new byte[Unsafe.SizeOf<ib_uverbs_async_event_desc>()];
        Assert.Equal(buffer.Length, client.AsyncChannel!.Receive(buffer).Length);
        ib_uverbs_async_event_desc description = System.Runtime.InteropServices.MemoryMarshal.Read<ib_uverbs_async_event_desc>(buffer);
        return (description.element, description.event_type);
    }

    public static TestReply DestroyQp(this TestClient client, uint qp) =>
        client.Try<ib_uverbs_destroy_qp, ib_uverbs_destroy_qp_resp>(IB_USER_VERBS_CMD_DESTROY_QP, new ib_uverbs_destroy_qp { qp_handle = qp });

    public static ib_uverbs_query_qp_resp QueryQp(this TestClient client, uint qp) =>
        client.Command<ib_uverbs_query_qp, ib_uverbs_query_qp_resp>(IB_USER_VERBS_CMD_QUERY_QP, new ib_uverbs_query_qp { qp_handle = qp })
            .Read<ib_uverbs_query_qp_resp>();

    public static TestReply TryModify(this TestClient client, ib_uverbs_modify_qp request) =>
        client.Try(IB_USER_VERBS_CMD_MODIFY_QP, request);

    public static ib_uverbs_modify_qp ToInit(uint qp) => new()
    {
        qp_handle = qp,
        attr_mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
        qp_state = (byte)IBV_QPS_INIT,
        port_num = 1,
        qp_access_flags = AllAccess,
    };

    public static ib_uverbs_modify_qp ToRtr(uint qp, uint peer)
    {
        ib_uverbs_modify_qp request = new()
        {
            qp_handle = qp,
            attr_mask = IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC
                | IBV_QP_MIN_RNR_TIMER,
            qp_state = (byte)IBV_QPS_RTR,
            path_mtu = (byte)IBV_MTU_1024,
            dest_qp_num = peer,
            max_dest_rd_atomic = 16,
            min_rnr_timer = 12,
        };
        request.dest.is_global = 1;
        request.dest.port_num = 1;
        request.dest.sgid_index = 3;
        System.Net.IPAddress.Loopback.MapToIPv6().GetAddressBytes().CopyTo(request.dest.dgid);
        return request;
    }

    public static ib_uverbs_modify_qp ToRts(uint qp) => new()
    {
        qp_handle = qp,
        attr_mask = IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC,
        qp_state = (byte)IBV_QPS_RTS,
        timeout = 14,
        retry_cnt = 7,
        rnr_retry = 7,
        max_rd_atomic = 16,
    };

    public static void Connect(TestQueuePair a, TestQueuePair b)
    {
        foreach ((TestQueuePair self, TestQueuePair peer) in new[] { (a, b), (b, a) })
        {
            Succeed(self.Client.TryModify(ToInit(self.Handle)));
            Succeed(self.Client.TryModify(ToRtr(self.Handle, peer.Number)));
            Succeed(self.Client.TryModify(ToRts(self.Handle)));
        }
    }

    private static void Succeed(TestReply reply) => Assert.True(reply.Result > 0, reply.Text);
}
