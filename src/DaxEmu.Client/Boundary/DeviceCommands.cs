using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using DaxEmu.Abi;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Client;

/// <summary>What a program does with an open device file: <c>write</c>, <c>mmap</c> and reads below /sys, as requests to the daemon.</summary>
internal sealed class DeviceCommands(DeviceConnection connection)
{
    private const int WordSize = 4;

    // The largest command without segments is modify_qp, 8 + 112 bytes.
    private const int LongestMessage = 512;

    /// <summary>open(2): the doorbell page, the worker's eventfd and the device's name.</summary>
    /// <param name="devicePath">The device file, or empty for the first.</param>
    /// <param name="leaseSignal">The signal that comes when a lease is broken, or 0.</param>
    public (Doorbell Doorbell, string Name) Hello(string devicePath, int leaseSignal)
    {
        daxemu_hello hello = new() { version = DAXEMU_PROTOCOL_VERSION, lease_signal = (uint)leaseSignal };
        Span<byte> path = hello.path;
        if (Encoding.UTF8.GetByteCount(devicePath) >= path.Length)
        {
            throw new RdmaException($"open(\"{devicePath}\")", ENAMETOOLONG, "");
        }

        Encoding.UTF8.GetBytes(devicePath, path);
        daxemu_hello_reply reply = default;
        string what = $"open(\"{devicePath}\")";
        connection.Request(what, DAXEMU_REQ_HELLO, Bytes(hello), [], Room(ref reply), out IReadOnlyList<SafeFileHandle> descriptors);
        Expect(what, descriptors, 2);
        if (reply.version != DAXEMU_PROTOCOL_VERSION)
        {
            throw new RdmaException(what, EPROTONOSUPPORT, $"the daemon speaks version {reply.version}, this client {DAXEMU_PROTOCOL_VERSION}");
        }

        using SafeFileHandle page = descriptors[0];
        Doorbell doorbell = new(
            MemoryMapping.Map(page, 0, reply.doorbell_length, MemoryProtection.ReadWrite), new(descriptors[1]));
        ReadOnlySpan<byte> name = reply.device;
        return (doorbell, Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]));
    }

    /// <summary>write(2) of a command that has no response.</summary>
    public void Write<TCommand>(string what, uint command, in TCommand body)
        where TCommand : unmanaged => Send(what, command, in body, [], [], [], 0);

    /// <summary>write(2) of a command that has a response.</summary>
    public TResponse Write<TCommand, TResponse>(string what, uint command, in TCommand body)
        where TCommand : unmanaged
        where TResponse : unmanaged
    {
        TResponse response = default;
        Send(what, command, in body, [], [], Room(ref response), 0);
        return response;
    }

    /// <summary>write(2) of a command that refers to memory of this process.</summary>
    /// <param name="what">The verb, for messages.</param>
    /// <param name="command">IB_USER_VERBS_CMD_*.</param>
    /// <param name="body">The command.</param>
    /// <param name="segment">The memory.</param>
    /// <param name="file">The file that backs it.</param>
    public TResponse Write<TCommand, TResponse>(
        string what, uint command, in TCommand body, in daxemu_segment segment, SafeFileHandle file)
        where TCommand : unmanaged
        where TResponse : unmanaged
    {
        TResponse response = default;
        Send(what, command, in body, new ReadOnlySpan<daxemu_segment>(in segment), [file], Room(ref response), 0);
        return response;
    }

    /// <summary>write(2) of a command that opens an event channel, whose descriptor comes along.</summary>
    public (TResponse Response, SeqPacketConnection Channel) OpenChannel<TCommand, TResponse>(string what, uint command, in TCommand body)
        where TCommand : unmanaged
        where TResponse : unmanaged
    {
        TResponse response = default;
        IReadOnlyList<SafeFileHandle> descriptors = Send(what, command, in body, [], [], Room(ref response), 1);
        return (response, new SeqPacketConnection(descriptors[0]));
    }

    /// <summary>mmap(2) of a ring.</summary>
    /// <param name="queue">Where the command's response says that the ring is.</param>
    public MemoryMapping Map(mminfo queue)
    {
        string what = $"mmap(uverbs, {queue.size} bytes, offset {queue.offset:x})";
        daxemu_mmap request = new() { offset = queue.offset, length = queue.size };
        connection.Request(what, DAXEMU_REQ_MMAP, Bytes(request), [], [], out IReadOnlyList<SafeFileHandle> descriptors);
        Expect(what, descriptors, 1);
        using SafeFileHandle ring = descriptors[0];
        return MemoryMapping.Map(ring, 0, queue.size, MemoryProtection.ReadWrite);
    }

    /// <summary>The trimmed text of a file below /sys.</summary>
    /// <param name="path">The path without the leading "/sys/".</param>
    public string ReadSysfs(string path)
    {
        byte[] text = new byte[4096];
        int length = connection.Request($"read(\"/sys/{path}\")", DAXEMU_REQ_SYSFS, Encoding.UTF8.GetBytes(path), [], text, out _);
        return Encoding.UTF8.GetString(text, 0, length).Trim();
    }

    private IReadOnlyList<SafeFileHandle> Send<TCommand>(
        string what, uint command, in TCommand body, ReadOnlySpan<daxemu_segment> segments, ReadOnlySpan<SafeFileHandle> files,
        Span<byte> response, int expectedDescriptors)
        where TCommand : unmanaged
    {
        Span<byte> message = stackalloc byte[LongestMessage];
        int commandLength = Unsafe.SizeOf<ib_uverbs_cmd_hdr>() + Unsafe.SizeOf<TCommand>();
        int length = 0;
        Append(message, ref length, new daxemu_write { segment_count = (uint)segments.Length, command_length = (uint)commandLength });
        foreach (ref readonly daxemu_segment segment in segments)
        {
            Append(message, ref length, segment);
        }

        Append(message, ref length, new ib_uverbs_cmd_hdr
        {
            command = command,
            in_words = (ushort)(commandLength / WordSize),
            out_words = (ushort)(response.Length / WordSize),
        });
        Append(message, ref length, body);
        int filled = connection.Request(
            what, DAXEMU_REQ_WRITE, message[..length], files, response, out IReadOnlyList<SafeFileHandle> descriptors);
        Expect(what, descriptors, expectedDescriptors);
        return filled == response.Length
            ? descriptors
            : throw new RdmaException(what, EPROTO, $"the response has {filled} bytes instead of {response.Length}");
    }

    private static void Append<T>(Span<byte> message, ref int length, in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(message[length..], in value);
        length += Unsafe.SizeOf<T>();
    }

    private static void Expect(string what, IReadOnlyList<SafeFileHandle> descriptors, int count)
    {
        if (descriptors.Count == count)
        {
            return;
        }

        foreach (SafeFileHandle descriptor in descriptors)
        {
            descriptor.Dispose();
        }

        throw new RdmaException(what, EPROTO, $"{descriptors.Count} descriptors came with the reply instead of {count}");
    }

    private static ReadOnlySpan<byte> Bytes<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));

    private static Span<byte> Room<T>(ref T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new Span<T>(ref value));
}
