using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CsCheck;
using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Sockets;
using Xunit;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.rdma_user_cm;

namespace DaxEmu.Device.Tests;

/// <summary>Open rdma_cm files over the socket: framing, the event channel, moving, hostile bytes, death.</summary>
public sealed class CmFileTests : IDisposable
{
    private const int BentCommands = 20_000;

    private readonly TestDevice _device = new(runWorker: false);

    public void Dispose()
    {
        _device.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void The_event_channel_is_readable_just_while_an_event_waits()
    {
        using TestClient client = Open(out SeqPacketConnection channel);
        using SeqPacketConnection events = channel;
        uint id = Create(client);
        Assert.False(Readiness.WaitReadable(events.Handle, TimeSpan.Zero));

        Resolve(client, id);

        Assert.True(Readiness.WaitReadable(events.Handle, TimeSpan.Zero));
        events.Receive(new byte[1]);
        Assert.False(Readiness.WaitReadable(events.Handle, TimeSpan.Zero));
        TestReply reply = Command(client, RDMA_USER_CM_CMD_GET_EVENT, default(rdma_ucm_get_event), Unsafe.SizeOf<rdma_ucm_event_resp>());
        Assert.Equal((id, 0u), (reply.Read<rdma_ucm_event_resp>().id, reply.Read<rdma_ucm_event_resp>().@event));
        Assert.Equal(EAGAIN, Command(client, RDMA_USER_CM_CMD_GET_EVENT, default(rdma_ucm_get_event), Unsafe.SizeOf<rdma_ucm_event_resp>()).Errno);
    }

    [Fact]
    public void A_destroyed_ids_events_leave_the_channel_with_it()
    {
        using TestClient client = Open(out SeqPacketConnection channel);
        using SeqPacketConnection events = channel;
        uint id = Create(client);
        Resolve(client, id);

        Assert.True(Command(client, RDMA_USER_CM_CMD_DESTROY_ID, new rdma_ucm_destroy_id { id = id }, 4).Result > 0);

        Assert.False(Readiness.WaitReadable(events.Handle, TimeSpan.Zero));
    }

    [Fact]
    public void An_id_moves_by_the_descriptor_of_its_channel()
    {
        using TestClient client = Open(out SeqPacketConnection first), other = Open(out SeqPacketConnection second);
        using SeqPacketConnection from = first, to = second;
        uint id = Create(client);
        Resolve(client, id);
        byte[] migrate = Framed(RDMA_USER_CM_CMD_MIGRATE_ID, new rdma_ucm_migrate_id { id = id }, 4);

        Assert.Equal(EINVAL, other.Write(migrate).Errno);
        Assert.Equal(EINVAL, other.Write(migrate, [], to.Handle).Errno);
        Assert.Equal(EINVAL, other.Write(migrate, [], other.Connection.Handle).Errno);
        Assert.True(other.Write(migrate, [], from.Handle).Result > 0);

        Assert.False(Readiness.WaitReadable(from.Handle, TimeSpan.Zero));
        Assert.True(Readiness.WaitReadable(to.Handle, TimeSpan.Zero));
        Assert.Equal(EINVAL, Command(client, RDMA_USER_CM_CMD_DESTROY_ID, new rdma_ucm_destroy_id { id = id }, 4).Errno);
    }

    [Fact]
    public void A_client_that_is_gone_has_no_ids()
    {
        TestClient client = Open(out SeqPacketConnection channel);
        using SeqPacketConnection events = channel;
        uint id = Create(client);
        Assert.True(Command(client, RDMA_USER_CM_CMD_LISTEN, new rdma_ucm_listen { id = id }, 0).Result > 0);
        Assert.Single(_device.Server.Snapshot.Listeners);

        client.Dispose();

        Assert.Equal("rdma_cm", _device.Log.TakeClosed().Session.Device);
        Assert.Empty(_device.Server.Snapshot.Listeners);
        Assert.True(Readiness.IsHungUp(events.Handle));
    }

    [Theory]
    [InlineData(RDMA_USER_CM_CMD_CREATE_ID, 23, 4, EINVAL)]
    [InlineData(RDMA_USER_CM_CMD_CREATE_ID, 24, 3, ENOSPC)]
    [InlineData(RDMA_USER_CM_CMD_GET_EVENT, 8, 323, ENOSPC)]
    [InlineData(RDMA_USER_CM_CMD_GET_OPTION, 8, 8, ENOSYS)]
    [InlineData(RDMA_USER_CM_CMD_CONNECT, 279, 0, EINVAL)]
    [InlineData(RDMA_USER_CM_CMD_CONNECT, 280, 0, EINVAL)]
    [InlineData(RDMA_USER_CM_CMD_DISCONNECT, 4, 0, ENOENT)]
    [InlineData(RDMA_USER_CM_CMD_INIT_QP_ATTR, 16, 143, ENOSPC)]
    [InlineData(23u, 0, 0, EINVAL)]
    public void Commands_of_the_wrong_shape_are_refused(uint command, int length, int room, int expected)
    {
        using TestClient client = Open(out SeqPacketConnection channel);
        channel.Dispose();
        byte[] body = new byte[length];
        if (length >= 280)
        {
            body[271] = 1;
        }

        int errno = client.Write(
            [.. TestClient.Bytes(new rdma_ucm_cmd_hdr { cmd = command, @in = (ushort)length, @out = (ushort)room }), .. body]).Errno;

        Assert.Equal(length == 280 ? ENOENT : expected, errno);
    }

    [Fact]
    public void Options_have_values_of_their_own_length()
    {
        using TestClient client = Open(out SeqPacketConnection channel);
        channel.Dispose();
        uint id = Create(client);

        Assert.True(SetOption(client, id, RDMA_OPTION_ID, RDMA_OPTION_ID_TOS, [32], 1).Result > 0);
        Assert.True(SetOption(client, id, RDMA_OPTION_ID, RDMA_OPTION_ID_REUSEADDR, [1, 0, 0, 0], 4).Result > 0);
        Assert.Equal(EINVAL, SetOption(client, id, RDMA_OPTION_ID, RDMA_OPTION_ID_TOS, [32, 0], 2).Errno);
        Assert.Equal(EINVAL, SetOption(client, id, RDMA_OPTION_ID, RDMA_OPTION_ID_TOS, [32], 2).Errno);
        Assert.Equal(ENOSYS, SetOption(client, id, RDMA_OPTION_ID, 9, [32], 1).Errno);
        Assert.Equal(EINVAL, SetOption(client, id, RDMA_OPTION_IB, RDMA_OPTION_IB_PATH, [], 0).Errno);
    }

    [Fact]
    public void Bent_commands_do_no_harm()
    {
        using TestClient other = Open(out SeqPacketConnection otherChannel);
        uint theirs = Create(other);
        TestClient hostile = Open(out SeqPacketConnection channel);
        Gen.Select(Gen.UInt[0, 24], Gen.Int[0, 400], Gen.Int[0, 400], Gen.OneOf(Gen.UInt[0, 8], Gen.UInt).Array[0, 100]).Sample(
            (command, length, room, words) =>
            {
                byte[] body = new byte[length];
                MemoryMarshal.AsBytes<uint>(words).Slice(0, Math.Min(length, words.Length * 4)).CopyTo(body);
                TestReply reply = hostile.Write(
                    [.. TestClient.Bytes(new rdma_ucm_cmd_hdr { cmd = command, @in = (ushort)length, @out = (ushort)room }), .. body]);
                Assert.True(reply.Body.Length <= Math.Max(room, 400) || reply.Result < 0);
            },
            iter: BentCommands,
            threads: 1);
        hostile.Dispose();
        channel.Dispose();
        _device.Log.TakeClosed();

        Assert.True(Command(other, RDMA_USER_CM_CMD_DESTROY_ID, new rdma_ucm_destroy_id { id = theirs }, 4).Result > 0);
        otherChannel.Dispose();
    }

    private static TestReply SetOption(TestClient client, uint id, uint level, uint name, byte[] value, uint length) => client.Write(
    [
        .. Framed(RDMA_USER_CM_CMD_SET_OPTION, new rdma_ucm_set_option { id = id, level = level, optname = name, optlen = length }, 0),
        .. value,
    ]);

    private static byte[] Framed<T>(uint command, T request, int room)
        where T : unmanaged =>
    [
        .. TestClient.Bytes(new rdma_ucm_cmd_hdr { cmd = command, @in = (ushort)Unsafe.SizeOf<T>(), @out = (ushort)room }),
        .. TestClient.Bytes(request),
    ];

    private static TestReply Command<T>(TestClient client, uint command, T request, int room)
        where T : unmanaged => client.Write(Framed(command, request, room));

    private static uint Create(TestClient client)
    {
        TestReply reply = Command(client, RDMA_USER_CM_CMD_CREATE_ID, new rdma_ucm_create_id { uid = 1, ps = RDMA_PS_TCP }, 4);
        Assert.True(reply.Result > 0, reply.Text);
        return reply.Read<rdma_ucm_create_id_resp>().id;
    }

    private static void Resolve(TestClient client, uint id)
    {
        rdma_ucm_resolve_ip request = new() { id = id, timeout_ms = 1000 };
        CmAddress.Of(System.Net.IPAddress.Loopback, 7471).Write(MemoryMarshal.AsBytes(new Span<sockaddr_in6>(ref request.dst_addr)));
        TestReply reply = Command(client, RDMA_USER_CM_CMD_RESOLVE_IP, request, 0);
        Assert.True(reply.Result > 0, reply.Text);
    }

    private TestClient Open(out SeqPacketConnection channel)
    {
        TestClient client = new(_device.Options.SocketPath);
        daxemu_hello hello = new() { version = DAXEMU_PROTOCOL_VERSION };
        "/dev/infiniband/rdma_cm"u8.CopyTo(hello.path);
        TestReply reply = client.Request(DAXEMU_REQ_HELLO, TestClient.Bytes(hello));
        Assert.Equal((0, 0u), (reply.Result, reply.Read<daxemu_hello_reply>().doorbell_length));
        channel = new SeqPacketConnection(Assert.Single(reply.Descriptors));
        return client;
    }
}
