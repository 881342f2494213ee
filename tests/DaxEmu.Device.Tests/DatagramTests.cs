using System.Net;
using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_qp_type;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Device.Tests;

/// <summary>Address handles, multicast and datagrams through the device boundary.</summary>
public sealed class DatagramTests : IDisposable
{
    private const ulong Address = 0x10_0000;
    private const uint Qkey = 0x1234;
    private const uint MulticastQp = 0xff_ffff;

    private static readonly IPAddress Group = IPAddress.Parse("ff0e::1:2:3");

    private readonly TestDevice _device = new();
    private readonly TestFile _file = new(65536);

    public void Dispose()
    {
        _device.Dispose();
        _file.Dispose();
    }

    private static ib_uverbs_create_ah NewHandle(uint pd, IPAddress? to = null)
    {
        ib_uverbs_create_ah request = new() { pd_handle = pd };
        request.attr.is_global = 1;
        request.attr.port_num = 1;
        request.attr.grh.sgid_index = 3;
        (to ?? IPAddress.Loopback).MapToIPv6().GetAddressBytes().CopyTo(request.attr.grh.dgid);
        return request;
    }

    private static TestReply TryCreateHandle(TestClient client, ib_uverbs_create_ah request, int room = 8) =>
        client.Try<ib_uverbs_create_ah, ib_uverbs_create_ah_resp>(IB_USER_VERBS_CMD_CREATE_AH, request, room);

    private static uint CreateHandle(TestClient client, uint pd, IPAddress? to = null)
    {
        TestReply reply = TryCreateHandle(client, NewHandle(pd, to));
        Assert.True(reply.Result > 0, reply.Text);
        return reply.Read<rxe_create_ah_resp>(Unsafe.SizeOf<ib_uverbs_create_ah_resp>()).ah_num;
    }

    private static TestReply Attach(TestClient client, uint qp, IPAddress group)
    {
        ib_uverbs_attach_mcast request = new() { qp_handle = qp };
        group.MapToIPv6().GetAddressBytes().CopyTo(request.gid);
        return client.Try(IB_USER_VERBS_CMD_ATTACH_MCAST, request);
    }

    private static TestReply Detach(TestClient client, uint qp, IPAddress group)
    {
        ib_uverbs_detach_mcast request = new() { qp_handle = qp };
        group.MapToIPv6().GetAddressBytes().CopyTo(request.gid);
        return client.Try(IB_USER_VERBS_CMD_DETACH_MCAST, request);
    }

    [Fact]
    public void A_handle_has_a_number_and_lives_until_it_is_destroyed()
    {
        using TestClient client = _device.Open();
        uint pd = client.AllocatePd();
        TestReply created = TryCreateHandle(client, NewHandle(pd));

        Assert.Equal(12, created.Body.Length);
        Assert.NotEqual(0u, created.Read<rxe_create_ah_resp>(4).ah_num);
        Assert.Equal(EBUSY, client.DeallocatePd(pd).Errno);
        ib_uverbs_destroy_ah destroy = new() { ah_handle = created.Read<ib_uverbs_create_ah_resp>().ah_handle };
        Assert.True(client.Try(IB_USER_VERBS_CMD_DESTROY_AH, destroy).Result > 0);
        Assert.Equal(ENOENT, client.Try(IB_USER_VERBS_CMD_DESTROY_AH, destroy).Errno);
        Assert.True(client.DeallocatePd(pd).Result > 0);
    }

    [Fact]
    public void A_provider_without_room_for_the_number_gets_a_handle_all_the_same()
    {
        using TestClient client = _device.Open();
        Assert.Equal(4, TryCreateHandle(client, NewHandle(client.AllocatePd()), room: 0).Body.Length);
    }

    [Theory]
    [InlineData("no domain", EINVAL)]
    [InlineData("no global route", EINVAL)]
    [InlineData("another port", EINVAL)]
    [InlineData("an empty GID index", EINVAL)]
    [InlineData("nobody's address", ENETUNREACH)]
    public void What_RoCE_has_no_way_to_is_refused(string what, int errno)
    {
        using TestClient client = _device.Open();
        ib_uverbs_create_ah request = NewHandle(client.AllocatePd(), what == "nobody's address" ? IPAddress.Parse("192.0.2.1") : null);
        switch (what)
        {
            case "no domain":
                request.pd_handle = 9;
                break;
            case "no global route":
                request.attr.is_global = 0;
                break;
            case "another port":
                request.attr.port_num = 2;
                break;
            case "an empty GID index":
                request.attr.grh.sgid_index = 7;
                break;
            default:
                break;
        }

        TestReply reply = TryCreateHandle(client, request);
        Assert.Equal(errno, reply.Errno);
        Assert.NotEmpty(reply.Text);
        Assert.Equal(0, Assert.Single(_device.Server.Snapshot.Sessions).Objects.AddressHandles);
    }

    [Fact]
    public void Handles_count_against_the_quota_and_go_with_their_client()
    {
        using TestDevice device = new(new DeviceServerOptions { SocketPath = "@daxemu-test-" + Guid.NewGuid(), MaxObjectsPerUser = 20 });
        for (int round = 0; round < 5; round++)
        {
            using TestClient client = device.Open();
            uint pd = client.AllocatePd();
            for (int i = 0; i < 10; i++)
            {
                CreateHandle(client, pd);
            }

            Assert.Equal(10, Assert.Single(device.Server.Snapshot.Sessions).Objects.AddressHandles);
            if (round == 0)
            {
                for (int i = 10; i < 19; i++)
                {
                    CreateHandle(client, pd);
                }

                Assert.Equal(ENOMEM, TryCreateHandle(client, NewHandle(pd)).Errno);
            }

            client.Dispose();
            device.Log.TakeClosed();
        }
    }

    [Fact]
    public void The_device_tells_the_limits_that_hold()
    {
        using TestClient client = _device.Open();
        ib_uverbs_query_device_resp device = client.Command<ib_uverbs_query_device, ib_uverbs_query_device_resp>(
            IB_USER_VERBS_CMD_QUERY_DEVICE, default).Read<ib_uverbs_query_device_resp>();
        NicOptions limits = _device.Nic.Options;
        Assert.Equal(((uint)limits.MaxAddressHandles, (uint)limits.MaxMulticastGroups), (device.max_ah, device.max_mcast_grp));
        Assert.Equal(
            ((uint)NicOptions.MulticastMembers, (uint)(limits.MaxMulticastGroups * NicOptions.MulticastMembers)),
            (device.max_mcast_qp_attach, device.max_total_mcast_qp_attach));
    }

    [Fact]
    public void A_datagram_goes_from_one_program_to_another()
    {
        using Party a = new(_device, _file);
        using Party b = new(_device, _file);
        Assert.Equal(Qkey, a.Client.QueryQp(a.Qp.Handle).qkey);
        b.Qp.PostReceive(7, b.Buffer(8192, 200));
        a.Send(b.Qp.Number, CreateHandle(a.Client, a.Pd), 100);

        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
        ib_uverbs_wc received = b.Cq.Poll();
        Assert.Equal((7ul, IBV_WC_SUCCESS, 140u, a.Qp.Number), (received.wr_id, received.status, received.byte_len, received.src_qp));
        byte[] bytes = new byte[24];
        RandomAccess.Read(_file.Handle, bytes, 8192 + 20);
        Assert.Equal((0x45, 127, 127), (bytes[0], bytes[12], bytes[16]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_posted_goes_out_though_its_handle_or_queue_pair_is_destroyed_at_once(bool handle)
    {
        const int Count = 15;
        using Party a = new(_device, _file);
        using Party b = new(_device, _file);
        TestReply created = TryCreateHandle(a.Client, NewHandle(a.Pd));
        uint number = created.Read<rxe_create_ah_resp>(Unsafe.SizeOf<ib_uverbs_create_ah_resp>()).ah_num;
        for (ulong i = 0; i < Count; i++)
        {
            b.Qp.PostReceive(i, b.Buffer(8192, 4096));
            a.Send(b.Qp.Number, number, 4000);
        }

        TestReply destroyed = handle
            ? a.Client.Try(IB_USER_VERBS_CMD_DESTROY_AH, new ib_uverbs_destroy_ah { ah_handle = created.Read<ib_uverbs_create_ah_resp>().ah_handle })
            : a.Client.DestroyQp(a.Qp.Handle);

        Assert.True(destroyed.Result > 0, destroyed.Text);
        for (ulong i = 0; i < Count; i++)
        {
            ib_uverbs_wc received = b.Cq.Poll();
            Assert.Equal((i, IBV_WC_SUCCESS), (received.wr_id, received.status));
        }
    }

    [Fact]
    public void A_group_of_programs_gets_what_is_sent_to_it()
    {
        using Party a = new(_device, _file);
        using Party b = new(_device, _file);
        using Party c = new(_device, _file);
        foreach (Party party in new[] { b, c })
        {
            Assert.True(Attach(party.Client, party.Qp.Handle, Group).Result > 0);
            party.Qp.PostReceive(7, party.Buffer(8192, 200));
        }

        a.Send(MulticastQp, CreateHandle(a.Client, a.Pd, Group), 10);
        Assert.Equal(IBV_WC_SUCCESS, a.Cq.Poll().status);
        Assert.Equal((50u, 50u), (b.Cq.Poll().byte_len, c.Cq.Poll().byte_len));
    }

    [Fact]
    public void A_queue_pair_of_a_group_is_busy_until_it_is_detached()
    {
        using Party a = new(_device, _file);
        Assert.Equal(EINVAL, Attach(a.Client, a.Qp.Handle, IPAddress.Loopback).Errno);
        Assert.Equal(EINVAL, Attach(a.Client, 99, Group).Errno);
        Assert.True(Attach(a.Client, a.Qp.Handle, Group).Result > 0);
        Assert.Equal(EBUSY, a.Client.DestroyQp(a.Qp.Handle).Errno);
        Assert.Equal(EINVAL, Detach(a.Client, a.Qp.Handle, IPAddress.Parse("ff0e::9")).Errno);
        Assert.Equal(EINVAL, Detach(a.Client, 99, Group).Errno);
        Assert.True(Detach(a.Client, a.Qp.Handle, Group).Result > 0);
        Assert.Equal(EINVAL, Detach(a.Client, a.Qp.Handle, Group).Errno);
        Assert.True(a.Client.DestroyQp(a.Qp.Handle).Result > 0);
    }

    [Fact]
    public void A_thousand_programs_that_die_in_a_group_leave_nothing_of_it()
    {
        using TestDevice device = new();
        for (int i = 0; i < 1000; i++)
        {
            using (Party party = new(device, _file))
            {
                CreateHandle(party.Client, party.Pd, Group);
                Assert.True(Attach(party.Client, party.Qp.Handle, Group).Result > 0);
            }

            device.Log.TakeClosed();
        }

        Assert.Equal(0, device.Nic.MulticastGroupCount);
        Assert.Equal(0, device.Mappings.Count);
        Assert.Empty(device.Contract.PinsOf());
    }

    // A program with a datagram queue pair that is ready to send.
    private sealed class Party : IDisposable
    {
        private readonly uint _key;

        public Party(TestDevice device, TestFile file)
        {
            Client = device.Open();
            Pd = Client.AllocatePd();
            Cq = Client.CreateCq(64);
            Qp = Client.CreateQp(TestVerbs.NewQp(Pd, Cq.Handle) with { qp_type = (byte)IBV_QPT_UD });
            _key = Client.Register(Pd, file.Handle, Address, 65536).lkey;
            Modify(IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY, IBV_QPS_INIT);
            Modify(IBV_QP_STATE, IBV_QPS_RTR);
            Modify(IBV_QP_STATE | IBV_QP_SQ_PSN, IBV_QPS_RTS);
        }

        public TestClient Client { get; }

        public uint Pd { get; }

        public TestCompletionQueue Cq { get; }

        public TestQueuePair Qp { get; }

        public rxe_sge Buffer(ulong offset, uint length) => new() { addr = Address + offset, length = length, lkey = _key };

        public void Send(uint to, uint handle, uint length) =>
            Qp.PostWith(IBV_WR_SEND, 1, Buffer(0, length), new rxe_send_wr { wr_ud_remote_qpn = to, wr_ud_remote_qkey = Qkey, wr_ud_ah_num = handle });

        public void Dispose()
        {
            Client.Dispose();
            Cq.Dispose();
            Qp.Dispose();
        }

        private void Modify(uint mask, uint state)
        {
            TestReply reply = Client.TryModify(new ib_uverbs_modify_qp
            {
                qp_handle = Qp.Handle,
                attr_mask = mask,
                qp_state = (byte)state,
                port_num = 1,
                qkey = Qkey,
            });
            Assert.True(reply.Result > 0, reply.Text);
        }
    }
}
