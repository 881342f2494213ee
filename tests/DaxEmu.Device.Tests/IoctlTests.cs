using System.Runtime.InteropServices;
using CsCheck;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_user_ioctl_cmds;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.uverbs_attrs_async_event_create;
using static DaxEmu.Abi.uverbs_attrs_create_cq_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_create_qp_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_get_context_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_invoke_write_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_mr_destroy_ids;
using static DaxEmu.Abi.uverbs_attrs_pd_destroy_ids;
using static DaxEmu.Abi.uverbs_attrs_query_gid_table_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_attrs_query_port_cmd_attr_ids;
using static DaxEmu.Abi.uverbs_default_objects;
using static DaxEmu.Abi.uverbs_method_async_event;
using static DaxEmu.Abi.uverbs_methods_cq;
using static DaxEmu.Abi.uverbs_methods_device;
using static DaxEmu.Abi.uverbs_methods_mr;
using static DaxEmu.Abi.uverbs_methods_pd;
using static DaxEmu.Abi.uverbs_methods_qp;

namespace DaxEmu.Device.Tests;

/// <summary>ioctl(2) by the kernel's rules, on the same objects as write(2).</summary>
public sealed class IoctlTests : IDisposable
{
    private const int Bent = 30_000;

    private readonly TestDevice _device = new(
        new DeviceServerOptions { SocketPath = "@daxemu-test-" + Guid.NewGuid(), MaxRingBytesPerUser = 64 << 20, MaxObjectsPerUser = 2000 });

    public void Dispose()
    {
        _device.Dispose();
        Assert.True(_device.Log.Failures.IsEmpty, string.Join("\n", _device.Log.Failures));
    }

    private static TestIoctl DestroyPd(ulong handle) => new TestIoctl(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY).Handle(UVERBS_ATTR_DESTROY_PD_HANDLE, handle);

    private static TestIoctl Invoke(uint command, byte[] request, int room, int providerRoom = 0) =>
        new TestIoctl(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE)
            .In(UVERBS_ATTR_WRITE_CMD, (ulong)command).In(UVERBS_ATTR_CORE_IN, request).Out(UVERBS_ATTR_CORE_OUT, room)
            .Out(UVERBS_ATTR_UHW_OUT, providerRoom);

    private static TestIoctl CreateCq(int channel = -1, uint events = 0)
    {
        TestIoctl call = new TestIoctl(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE)
            .Handle(UVERBS_ATTR_CREATE_CQ_HANDLE).In(UVERBS_ATTR_CREATE_CQ_CQE, 16u).In(UVERBS_ATTR_CREATE_CQ_USER_HANDLE, 5ul)
            .In(UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, 0u).Out(UVERBS_ATTR_CREATE_CQ_RESP_CQE, 4).Out(UVERBS_ATTR_UHW_OUT, 16);
        call = channel < 0 ? call : call.Handle(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL, (uint)channel);
        return events == 0 ? call : call.Handle(UVERBS_ATTR_CREATE_CQ_EVENT_FD, events);
    }

    private static TestIoctl CreateQp(uint pd, uint cq, ulong type = 2) =>
        new TestIoctl(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE)
            .Handle(UVERBS_ATTR_CREATE_QP_HANDLE).Handle(UVERBS_ATTR_CREATE_QP_PD_HANDLE, pd).Handle(UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, cq)
            .Handle(UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, cq).In(UVERBS_ATTR_CREATE_QP_USER_HANDLE, 6ul).In(UVERBS_ATTR_CREATE_QP_TYPE, type)
            .In(UVERBS_ATTR_CREATE_QP_CAP, new ib_uverbs_qp_cap { max_send_wr = 16, max_recv_wr = 16, max_send_sge = 1, max_recv_sge = 1 })
            .Out(UVERBS_ATTR_CREATE_QP_RESP_CAP, 20).Out(UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, 4).Out(UVERBS_ATTR_UHW_OUT, 32);

    private static TestIoctl QueryPort(ulong port, int room = 48) =>
        new TestIoctl(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT).In(UVERBS_ATTR_QUERY_PORT_PORT_NUM, port).Out(UVERBS_ATTR_QUERY_PORT_RESP, room);

    private static TestIoctl GidTable(ulong entry, int room) =>
        new TestIoctl(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE)
            .In(UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, entry).In(UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, 0u)
            .Out(UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, room).Out(UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, 8);

    private static TestIoctl GetContext => new TestIoctl(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT).Out(UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS, 4);

    private static TestIoctl AllocateEvents => new TestIoctl(UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC).Handle(UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE);

    public static TheoryData<string, byte[], int> Refused => new()
    {
        { "no header", new byte[23], EINVAL },
        { "attributes that did not come", [.. DestroyPd(0).ToBytes().SkipLast(1)], EINVAL },
        { "a field of the future", new TestIoctl(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY) { Reserved2 = 1 }.ToBytes(), EPROTONOSUPPORT },
        { "another driver's", new TestIoctl(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY) { DriverId = 1 }.ToBytes(), EINVAL },
        { "an object that rxe has not", new TestIoctl(UVERBS_OBJECT_XRCD, 0).ToBytes(), EPROTONOSUPPORT },
        { "a method that is not there", new TestIoctl(UVERBS_OBJECT_PD, 9).ToBytes(), EPROTONOSUPPORT },
        { "a missing attribute", new TestIoctl(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY).ToBytes(), EINVAL },
        { "an attribute twice", DestroyPd(0).Handle(UVERBS_ATTR_DESTROY_PD_HANDLE).ToBytes(), EINVAL },
        { "an unknown attribute that must count", DestroyPd(0).Handle(77).ToBytes(), EPROTONOSUPPORT },
        { "a handle with a length", DestroyPdOfLength(4), EINVAL },
        { "a handle that is not there", DestroyPd(9).ToBytes(), ENOENT },
        { "a handle of 64 bits", DestroyPd(1UL << 32).ToBytes(), ENOENT },
        { "a value too short", new TestIoctl(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT).In(UVERBS_ATTR_QUERY_PORT_PORT_NUM, 1u).Out(UVERBS_ATTR_QUERY_PORT_RESP, 48).ToBytes(), EINVAL },
        { "too little room", QueryPort(1, room: 40).ToBytes(), EINVAL },
        { "a port that is not there", QueryPort(2).ToBytes(), EINVAL },
        { "a port beyond a byte", QueryPort(257).ToBytes(), EINVAL },
        { "a command with unknown flags", Invoke(0x4000_0000, new byte[8], 8).ToBytes(), EINVAL },
        { "a command that is not served", Invoke(49, new byte[8], 8).ToBytes(), EOPNOTSUPP },
        { "a command too short", Invoke(IB_USER_VERBS_CMD_QUERY_DEVICE, new byte[4], 176).ToBytes(), ENOSPC },
        { "a command without room", Invoke(IB_USER_VERBS_CMD_QUERY_DEVICE, new byte[8], 172).ToBytes(), ENOSPC },
        { "a command with fields of the future", Invoke(IB_USER_VERBS_CMD_ALLOC_PD, [.. new byte[8], 1], 4).ToBytes(), EOPNOTSUPP },
        { "data outside the message", [.. Invoke(IB_USER_VERBS_CMD_REG_MR, new byte[40], 12).ToBytes().SkipLast(8)], EFAULT },
        { "GIDs of no size", GidTable(0, 320).ToBytes(), EINVAL },
        { "room for a part of a GID", GidTable(32, 321).ToBytes(), EINVAL },
        { "room for too few GIDs", GidTable(32, 96).ToBytes(), EINVAL },
        { "GIDs longer than a message", GidTable(16383, 65532).ToBytes(), EINVAL },
        { "a queue pair in no domain", CreateQp(9, 0).ToBytes(), ENOENT },
        { "a queue pair of an unknown type", CreateQp(0, 0, type: 300).ToBytes(), EINVAL },
        { "a completion channel that is none", CreateCq(channel: 7).ToBytes(), EBADF },
        { "events to a completion channel", CreateCq(events: 1).ToBytes(), EBADF },
        { "a second context", GetContext.ToBytes(), EINVAL },
        {
            "advice about no protection domain",
            new TestIoctl(UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR).Handle(0).In(1, 0ul).In(2, 0u).In(3, new byte[32]).ToBytes(),
            ENOENT
        },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_the_kernel_refuses_is_refused_with_its_errno_and_makes_nothing(string what, byte[] ioctl, int errno)
    {
        using TestClient client = _device.Open();

        TestReply reply = client.Ioctl(ioctl);

        Assert.Equal((what, errno), (what, reply.Errno));
        Assert.NotEmpty(reply.Text);
        Assert.Equal(default, Assert.Single(_device.Server.Snapshot.Sessions).Objects);
    }

    [Fact]
    public void An_unknown_attribute_that_the_client_can_do_without_is_passed_over()
    {
        using TestClient client = _device.Open();

        Assert.Equal(0, client.Ioctl(QueryPort(1).Raw(new() { attr_id = 77, len = 100, data = ulong.MaxValue }).ToBytes()).Errno);
    }

    [Fact]
    public void Objects_made_by_ioctl_are_used_by_write_and_the_other_way_round()
    {
        using TestClient client = _device.Open();
        uint pd = client.AllocatePd();

        Dictionary<int, (ulong Value, byte[] Bytes)> cq = TestIoctl.Outputs(Ok(client.Ioctl(CreateCq().ToBytes())));
        Dictionary<int, (ulong Value, byte[] Bytes)> qp = TestIoctl.Outputs(Ok(client.Ioctl(CreateQp(pd, (uint)cq[0].Value).ToBytes())));

        uint number = MemoryMarshal.Read<uint>(qp[8].Bytes);
        ib_uverbs_query_qp_resp seen = client.QueryQp((uint)qp[0].Value);
        Assert.True(number != 0 && seen.max_send_wr >= 16 && seen.qp_state == ibv_qp_state.IBV_QPS_RESET);
        Assert.Equal(EBUSY, client.DestroyCq((uint)cq[0].Value).Errno);
        Assert.True(client.DestroyQp((uint)qp[0].Value).Result > 0);
        Assert.True(client.DestroyCq((uint)cq[0].Value).Result > 0);
        Assert.Equal(0, client.Ioctl(DestroyPd(pd).ToBytes()).Errno);
        Assert.Equal(default, Assert.Single(_device.Server.Snapshot.Sessions).Objects);
    }

    [Fact]
    public void Without_write_the_context_and_its_events_come_by_ioctl()
    {
        using TestClient client = new(_device.Options.SocketPath);
        client.Hello();

        Assert.Equal(EINVAL, client.Ioctl(AllocateEvents.ToBytes()).Errno);
        Assert.Equal(1u, MemoryMarshal.Read<uint>(TestIoctl.Outputs(Ok(client.Ioctl(GetContext.ToBytes())))[0].Bytes));
        TestReply first = Ok(client.Ioctl(AllocateEvents.ToBytes())), second = Ok(client.Ioctl(AllocateEvents.ToBytes()));

        ulong[] ids = [TestIoctl.Outputs(first)[0].Value, TestIoctl.Outputs(second)[0].Value];
        Assert.Equal([daxemu_device.DAXEMU_ASYNC_CHANNELS, daxemu_device.DAXEMU_ASYNC_CHANNELS + 1ul], ids);
        Assert.Equal(0, client.Ioctl(CreateCq(events: (uint)ids[1]).ToBytes()).Errno);
        Assert.Equal(EBADF, client.Ioctl(CreateCq(events: (uint)ids[1] + 1).ToBytes()).Errno);
        foreach (TestReply reply in new[] { first, second })
        {
            Assert.Single(reply.Descriptors).Dispose();
        }
    }

    [Fact]
    public void A_table_of_GIDs_has_those_that_are_there_in_entries_of_the_clients_size()
    {
        using TestClient client = _device.Open();

        Dictionary<int, (ulong Value, byte[] Bytes)> outputs = TestIoctl.Outputs(Ok(client.Ioctl(GidTable(40, 400).ToBytes())));

        Assert.Equal(4ul, MemoryMarshal.Read<ulong>(outputs[3].Bytes));
        Assert.Equal(160, outputs[2].Bytes.Length);
        ib_uverbs_gid_entry[] entries = [.. Enumerable.Range(0, 4).Select(i => MemoryMarshal.Read<ib_uverbs_gid_entry>(outputs[2].Bytes.AsSpan(i * 40)))];
        Assert.Equal([(0u, 1u, 1u), (1u, 1u, 2u), (2u, 1u, 1u), (3u, 1u, 2u)], entries.Select(e => (e.gid_index, e.port_num, e.gid_type)));
    }

    [Fact]
    public void Bent_ioctls_do_no_harm()
    {
        TestClient hostile = _device.Open();
        using TestClient neighbour = _device.Open();
        uint pd = neighbour.AllocatePd();
        byte[][] seeds =
        [
            DestroyPd(0).ToBytes(), QueryPort(1).ToBytes(), GidTable(32, 320).ToBytes(), CreateCq().ToBytes(), CreateQp(0, 0).ToBytes(),
            GetContext.ToBytes(), AllocateEvents.ToBytes(), Invoke(IB_USER_VERBS_CMD_ALLOC_PD, new byte[8], 4).ToBytes(),
            Invoke(IB_USER_VERBS_CMD_CREATE_CQ, TestClient.Bytes(new ib_uverbs_create_cq { cqe = 16, comp_channel = -1 }), 8, 16).ToBytes(),
            Invoke(IB_USER_VERBS_CMD_FLAG_EXTENDED | 1, new byte[8], 304).ToBytes(),
            new TestIoctl(UVERBS_OBJECT_MR, UVERBS_METHOD_MR_DESTROY).Handle(UVERBS_ATTR_DESTROY_MR_HANDLE).ToBytes(),
        ];
        uint[] breakers = [0, 1, 2, 8, 24, 255, 0x1000, 0x1001, 0xffff, 0x7fff_ffff, 0x8000_0000, uint.MaxValue];
        Gen<byte[]> bent = Gen.Select(
            Gen.Int[0, seeds.Length - 1], Gen.Select(Gen.Int[0, 63], Gen.Int[0, 1], Gen.OneOf(Gen.Int[0, breakers.Length - 1].Select(i => breakers[i]), Gen.UInt)).Array[0, 3],
            (seed, edits) =>
            {
                byte[] bytes = [.. seeds[seed]];
                foreach ((int half, int width, uint value) in edits.Where(e => (e.Item1 * 2) + 4 <= bytes.Length))
                {
                    if (width == 0)
                    {
                        MemoryMarshal.Write(bytes.AsSpan(half * 2), (ushort)value);
                    }
                    else
                    {
                        MemoryMarshal.Write(bytes.AsSpan(half * 2), value);
                    }
                }

                return bytes;
            });
        int sent = 0, accepted = 0;

        bent.Array[100].Sample(
            calls =>
            {
                foreach (byte[] call in calls)
                {
                    TestReply reply = hostile.Ioctl(call);
                    accepted += reply.Errno == 0 ? 1 : 0;
                    foreach (Microsoft.Win32.SafeHandles.SafeFileHandle descriptor in reply.Descriptors)
                    {
                        descriptor.Dispose();
                    }

                    if (++sent % 1000 == 0)
                    {
                        hostile.Dispose();
                        hostile = _device.Open();
                    }
                }
            },
            iter: Bent / 100,
            threads: 1);

        hostile.Dispose();
        Assert.InRange(accepted, 1000, sent - 1000);
        Assert.Equal(0, neighbour.Ioctl(DestroyPd(pd).ToBytes()).Errno);
    }

    private static byte[] DestroyPdOfLength(ushort length) =>
        new TestIoctl(UVERBS_OBJECT_PD, UVERBS_METHOD_PD_DESTROY).Raw(new() { attr_id = UVERBS_ATTR_DESTROY_PD_HANDLE, len = length }).ToBytes();

    private static TestReply Ok(TestReply reply)
    {
        Assert.True(reply.Errno == 0, reply.Text);
        return reply;
    }
}
