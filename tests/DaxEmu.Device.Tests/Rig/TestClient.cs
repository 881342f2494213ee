using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device.Tests;

/// <summary>An open device file, driven by raw structs: as a program's rxe provider would, or as it would not.</summary>
internal sealed class TestClient : IDisposable
{
    private readonly byte[] _buffer = new byte[DAXEMU_MAX_MESSAGE];
    private ulong _lastId;

    public TestClient(string socketPath) => Connection = SeqPacketConnection.Connect(socketPath);

    public SeqPacketConnection Connection { get; }

    public MemoryMapping? Doorbell { get; private set; }

    public EventDescriptor? Wake { get; private set; }

    public SeqPacketConnection? AsyncChannel { get; private set; }

    public TestReply Hello(string path = "", uint version = DAXEMU_PROTOCOL_VERSION, uint leaseSignal = 0)
    {
        daxemu_hello hello = new() { version = version, lease_signal = leaseSignal };
        System.Text.Encoding.UTF8.GetBytes(path, hello.path);
        TestReply reply = Request(DAXEMU_REQ_HELLO, Bytes(hello));
        if (reply.Result == 0)
        {
            using SafeFileHandle page = reply.Descriptors[0];
            Doorbell = MemoryMapping.Map(page, 0, reply.Read<daxemu_hello_reply>().doorbell_length, MemoryProtection.ReadWrite);
            Wake = new EventDescriptor(reply.Descriptors[1]);
        }

        return reply;
    }

    public void GetContext()
    {
        TestReply reply = Command<ib_uverbs_get_context, ib_uverbs_get_context_resp>(IB_USER_VERBS_CMD_GET_CONTEXT, default);
        AsyncChannel = new SeqPacketConnection(Assert.Single(reply.Descriptors));
    }

    /// <summary>Sends a request and takes the reply.</summary>
    public TestReply Request(uint type, ReadOnlySpan<byte> body, params SafeFileHandle[] descriptors)
    {
        ulong id = ++_lastId;
        Connection.Send([.. Bytes(new daxemu_request { type = type, length = (uint)body.Length, id = id }), .. body], descriptors);
        ReceivedMessage message = Connection.Receive(_buffer);
        Assert.False(message.IsEnd, "the device closed the connection");
        daxemu_reply reply = MemoryMarshal.Read<daxemu_reply>(_buffer);
        Assert.Equal((id, (uint)message.Descriptors.Count), (reply.id, reply.fd_count));
        Assert.Equal((int)reply.length, message.Length - Unsafe.SizeOf<daxemu_reply>());
        return new TestReply(reply.result, _buffer[Unsafe.SizeOf<daxemu_reply>()..message.Length], message.Descriptors);
    }

    /// <summary>write(2) of a well-formed command that should work.</summary>
    public TestReply Command<TRequest, TResponse>(uint command, TRequest request, int providerRoom = 0)
        where TRequest : unmanaged
        where TResponse : unmanaged
    {
        TestReply reply = Try<TRequest, TResponse>(command, request, providerRoom);
        Assert.True(reply.Result >= 0, $"command 0x{command:x}: errno {reply.Errno}: {reply.Text}");
        return reply;
    }

    /// <summary>write(2) of a well-formed command.</summary>
    public TestReply Try<TRequest, TResponse>(uint command, TRequest request, int providerRoom = 0)
        where TRequest : unmanaged
        where TResponse : unmanaged => Write(Framed(command, Bytes(request), Unsafe.SizeOf<TResponse>() + providerRoom));

    /// <summary>write(2) of a command without response.</summary>
    public TestReply Try<TRequest>(uint command, TRequest request)
        where TRequest : unmanaged => Write(Framed(command, Bytes(request), 0));

    /// <summary>write(2) of an extended command.</summary>
    public TestReply TryExtended<TRequest, TResponse>(uint command, TRequest request, int providerRoom = 0)
        where TRequest : unmanaged
        where TResponse : unmanaged
    {
        byte[] body = Bytes(request);
        return Write(
        [
            .. Bytes(new ib_uverbs_cmd_hdr
            {
                command = IB_USER_VERBS_CMD_FLAG_EXTENDED | command,
                in_words = (ushort)(body.Length / 8),
                out_words = (ushort)(Unsafe.SizeOf<TResponse>() / 8),
            }),
            .. Bytes(new ib_uverbs_ex_cmd_hdr { response = 1, provider_out_words = (ushort)(providerRoom / 8) }),
            .. body,
        ]);
    }

    /// <summary>write(2) of any bytes, with client memory.</summary>
    public TestReply Write(byte[] command, daxemu_segment[]? segments = null, params SafeFileHandle[] descriptors) =>
        Request(DAXEMU_REQ_WRITE, WriteBody(command, segments ?? []), descriptors);

    /// <summary>ioctl(2) of any bytes.</summary>
    public TestReply Ioctl(byte[] bytes) => Request(DAXEMU_REQ_IOCTL, WriteBody(bytes, []));

    public static byte[] WriteBody(byte[] command, daxemu_segment[] segments) =>
    [
        .. Bytes(new daxemu_write { segment_count = (uint)segments.Length, command_length = (uint)command.Length }),
        .. segments.SelectMany(s => Bytes(s)),
        .. command,
    ];

    /// <summary>A command with its header.</summary>
    public static byte[] Framed(uint command, ReadOnlySpan<byte> request, int room) =>
    [
        .. Bytes(new ib_uverbs_cmd_hdr
        {
            command = command,
            in_words = (ushort)((Unsafe.SizeOf<ib_uverbs_cmd_hdr>() + request.Length) / 4),
            out_words = (ushort)(room / 4),
        }),
        .. request,
    ];

    public static byte[] Bytes<T>(T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();

    public MemoryMapping MapQueue(mminfo queue)
    {
        TestReply reply = Request(DAXEMU_REQ_MMAP, Bytes(new daxemu_mmap { offset = queue.offset, length = queue.size }));
        Assert.Equal(0, reply.Result);
        using SafeFileHandle file = Assert.Single(reply.Descriptors);
        return MemoryMapping.Map(file, 0, queue.size, MemoryProtection.ReadWrite);
    }

    public TestReply Sysfs(string path) => Request(DAXEMU_REQ_SYSFS, System.Text.Encoding.UTF8.GetBytes(path));

    public void Dispose()
    {
        Connection.Dispose();
        Doorbell?.Dispose();
        Wake?.Dispose();
        AsyncChannel?.Dispose();
    }
}
