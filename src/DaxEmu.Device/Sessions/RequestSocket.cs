using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using DaxEmu.Abi;
using DaxEmu.Linux;
using DaxEmu.Linux.Processes;
using DaxEmu.Linux.Sockets;
using DaxEmu.Nic;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.signal;

namespace DaxEmu.Device;

/// <summary>The device's end of a connection: requests in, replies out, framed as daxemu/device.h says.</summary>
/// <param name="connection">The connection; disposed with this.</param>
internal sealed class RequestSocket(SeqPacketConnection connection) : IDisposable
{
    // No response of a command that is served is longer.
    private const int ResponseRoom = 4096;

    private static readonly int RequestHeader = Unsafe.SizeOf<daxemu_request>();
    private static readonly int ReplyHeader = Unsafe.SizeOf<daxemu_reply>();

    private readonly byte[] _message = GC.AllocateUninitializedArray<byte>(DAXEMU_MAX_MESSAGE);
    private readonly byte[] _reply = new byte[ReplyHeader + ResponseRoom];

    /// <summary>The socket.</summary>
    public SafeFileHandle Handle => connection.Handle;

    /// <summary>Where the body of the next reply is put.</summary>
    public Span<byte> Room => _reply.AsSpan(ReplyHeader);

    /// <summary>Kills the process that connected, if it still lives.</summary>
    /// <exception cref="LinuxException">ENOSYS: this kernel cannot say for sure which process that was; EPERM.</exception>
    public void KillPeer() => ToPeer(peer => peer.Send(SIGKILL));

    /// <summary>Sends a signal that the process which connected has asked for, with a value.</summary>
    /// <exception cref="LinuxException">As <see cref="KillPeer"/>; EAGAIN: too many wait for it.</exception>
    public void SignalPeer(int signal, int value)
    {
        uint user = connection.GetPeer().UserId;
        ToPeer(peer =>
        {
            // A set-user-ID program that it has become since (execve(2)) did not ask, and its user may not send it any.
            if (!ProcessStatus.MayBeSignalledBy(peer.ProcessId, user))
            {
                throw new LinuxException($"signal {signal} to process {peer.ProcessId}, which is no longer user {user}'s", EPERM);
            }

            peer.Queue(signal, value);
        });
    }

    private void ToPeer(Action<PidDescriptor> send)
    {
        using PidDescriptor? peer = connection.OpenPeer();
        if (peer is null)
        {
            throw new LinuxException("getsockopt(SO_PEERPIDFD)", ENOSYS);
        }

        try
        {
            send(peer);
        }
        catch (LinuxException gone) when (gone.Errno == ESRCH)
        {
            // It has ended already.
        }
    }

    /// <summary>Waits for the next request.</summary>
    /// <param name="body">Its body; valid until the next call.</param>
    /// <param name="descriptors">The descriptors that came with it; the caller closes them.</param>
    /// <returns>Its header, or null when the client is gone.</returns>
    /// <exception cref="MalformedMessageException">It is not framed as it must be.</exception>
    /// <exception cref="LinuxException">recvmsg(2) failed.</exception>
    public daxemu_request? Receive(out ReadOnlySpan<byte> body, out IReadOnlyList<SafeFileHandle> descriptors)
    {
        body = default;
        descriptors = [];
        ReceivedMessage message;
        try
        {
            message = connection.Receive(_message);
        }
        catch (LinuxException failure) when (failure.Errno == ECONNRESET)
        {
            return null;
        }

        if (message.IsEnd)
        {
            message.CloseDescriptors();
            return null;
        }

        string? problem = ProblemOf(message);
        if (problem is not null)
        {
            message.CloseDescriptors();
            throw new MalformedMessageException(problem);
        }

        body = _message.AsSpan(RequestHeader, message.Length - RequestHeader);
        descriptors = message.Descriptors;
        return MemoryMarshal.Read<daxemu_request>(_message);
    }

    private string? ProblemOf(ReceivedMessage message)
    {
        if (message.IsTruncated)
        {
            return $"a message did not arrive whole: it is longer than {DAXEMU_MAX_MESSAGE} bytes, "
                + "or no descriptors are left for those that came";
        }

        if (message.Length < RequestHeader)
        {
            return $"a message of {message.Length} bytes is shorter than its header";
        }

        uint length = MemoryMarshal.Read<daxemu_request>(_message).length;
        if (length != (uint)(message.Length - RequestHeader))
        {
            return $"a request says its body has {length} bytes; {message.Length - RequestHeader} came";
        }

        return message.Descriptors.Count > DAXEMU_MAX_FDS
            ? $"{message.Descriptors.Count} descriptors came with a message, more than the {DAXEMU_MAX_FDS} allowed"
            : null;
    }

    /// <summary>Answers that it failed.</summary>
    /// <param name="id">The request's.</param>
    /// <param name="error">How; the sentence is cut to the room there is.</param>
    public void Refuse(ulong id, NicError error)
    {
        Encoder encoder = Encoding.UTF8.GetEncoder();
        encoder.Convert(error.Reason, Room, flush: true, out _, out int length, out _);
        Reply(id, -error.Errno, length, []);
    }

    /// <summary>Answers.</summary>
    /// <param name="id">The request's.</param>
    /// <param name="result">What the system call would return.</param>
    /// <param name="length">Bytes of the body, which lies in <see cref="Room"/>.</param>
    /// <param name="descriptors">To send along.</param>
    /// <exception cref="LinuxException">sendmsg(2) failed: EPIPE when the client is gone.</exception>
    public void Reply(ulong id, int result, int length, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        daxemu_reply header = new() { id = id, result = result, length = (uint)length, fd_count = (uint)descriptors.Length };
        MemoryMarshal.Write(_reply, in header);
        connection.Send(_reply.AsSpan(0, ReplyHeader + length), descriptors);
    }

    /// <summary>Answers with 0 and a body of any length that a message has room for.</summary>
    /// <param name="id">The request's.</param>
    /// <param name="body">The body.</param>
    /// <param name="descriptors">To send along.</param>
    /// <exception cref="LinuxException">sendmsg(2) failed: EPIPE when the client is gone.</exception>
    public void Reply(ulong id, ReadOnlySpan<byte> body, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        byte[] message = new byte[ReplyHeader + body.Length];
        daxemu_reply header = new() { id = id, length = (uint)body.Length, fd_count = (uint)descriptors.Length };
        MemoryMarshal.Write(message, in header);
        body.CopyTo(message.AsSpan(ReplyHeader));
        connection.Send(message, descriptors);
    }

    /// <summary>Ends the connection; a thread that waits in <see cref="Receive"/> returns.</summary>
    public void Shutdown() => connection.Shutdown();

    /// <summary>Closes the connection.</summary>
    public void Dispose() => connection.Dispose();
}
