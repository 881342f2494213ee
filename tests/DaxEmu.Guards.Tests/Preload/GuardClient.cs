using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.daxemu_device;

namespace DaxEmu.Guards.Tests.Preload;

/// <summary>A program's end of a connection to the guard, which can say what no library would.</summary>
internal sealed class GuardClient(string path) : IDisposable
{
    private readonly SeqPacketConnection _connection = SeqPacketConnection.Connect(path);

    public void Dispose() => _connection.Dispose();

    internal static byte[] Message<T>(uint type, T body)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in body));
        return [.. Message(type, (uint)bytes.Length), .. bytes];
    }

    internal static byte[] Message(uint type, uint length = 0)
    {
        daxemu_request request = new() { type = type, length = length, id = 7 };
        return MemoryMarshal.AsBytes(new ReadOnlySpan<daxemu_request>(in request)).ToArray();
    }

    internal void Send(byte[] message, params SafeFileHandle[] descriptors) => _connection.Send(message, descriptors);

    internal void SendBegin(SafeFileHandle file, uint kind, ulong offset = 0, ulong length = Libc.Page) =>
        Send(Message(DAXEMU_REQ_GUARD_BEGIN, new daxemu_guard_begin { kind = kind, offset = offset, length = length }), file);

    /// <summary>The same, where the guard may have turned the client away already.</summary>
    internal void TrySendBegin(SafeFileHandle file, uint kind)
    {
        try
        {
            SendBegin(file, kind);
        }
        catch (LinuxException failure) when (failure.Errno == Abi.errno.EPIPE)
        {
        }
    }

    internal void SendInterrupt() => Send(Message(DAXEMU_REQ_GUARD_INTERRUPT));

    /// <summary>Asks for an operation; the result of the answer.</summary>
    internal int Begin(SafeFileHandle file, uint kind, ulong offset = 0, ulong length = Libc.Page)
    {
        SendBegin(file, kind, offset, length);
        return Receive();
    }

    internal int End(bool carriedOut)
    {
        Send(Message(DAXEMU_REQ_GUARD_END, new daxemu_guard_end { carried_out = carriedOut ? 1u : 0 }));
        return Receive();
    }

    internal daxemu_guard_files Files()
    {
        Send(Message(DAXEMU_REQ_GUARD_FILES));
        Assert.Equal(0, Receive(out ReadOnlySpan<byte> body));
        return MemoryMarshal.Read<daxemu_guard_files>(body);
    }

    internal int Receive() => Receive(out _);

    internal int Receive(out ReadOnlySpan<byte> body)
    {
        byte[] buffer = new byte[4096];
        Assert.True(Readiness.WaitReadable(_connection.Handle, TimeSpan.FromSeconds(30)), "the guard does not answer");
        ReceivedMessage message = _connection.Receive(buffer);
        Assert.False(message.IsEnd, "the guard ended the connection");
        int header = Marshal.SizeOf<daxemu_reply>();
        body = buffer.AsSpan(header, message.Length - header);
        return MemoryMarshal.Read<daxemu_reply>(buffer).result;
    }

    /// <summary>Waits until the guard has ended the connection.</summary>
    internal void WaitForEnd()
    {
        byte[] buffer = new byte[4096];
        ReceivedMessage message;
        do
        {
            Assert.True(Readiness.WaitReadable(_connection.Handle, TimeSpan.FromSeconds(30)), "the guard keeps the connection");
            message = _connection.Receive(buffer);
        }
        while (!message.IsEnd);
    }
}
