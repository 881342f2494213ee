using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Processes;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.socket;

namespace DaxEmu.Linux.Sockets;

/// <summary>
/// One end of an AF_UNIX SOCK_SEQPACKET connection: messages keep their boundaries and may carry descriptors (unix(7), SCM_RIGHTS).
/// Safe for one sender and one receiver at a time.
/// </summary>
public sealed unsafe class SeqPacketConnection : IDisposable
{
    /// <summary>Most descriptors in one message: the kernel's SCM_MAX_FD.</summary>
    public const int MaxDescriptors = 253;

    // cmsg(3): a header, then the data at CMSG_ALIGN(sizeof(struct cmsghdr)), which is 16 on every 64-bit machine.
    private const int ControlHeader = 16;
    private const int ControlCapacity = (ControlHeader + (MaxDescriptors * sizeof(int)) + 7) & ~7;

    /// <summary>Takes over a connected SOCK_SEQPACKET socket.</summary>
    /// <param name="socket">The socket; closed by <see cref="Dispose"/>.</param>
    public SeqPacketConnection(SafeFileHandle socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Handle = socket;
    }

    /// <summary>The socket, for poll(2) and for passing it on.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Connects to a listener.</summary>
    /// <param name="path">Its path; a leading '@' means the abstract namespace.</param>
    /// <exception cref="LinuxException">socket(2) or connect(2) failed.</exception>
    public static SeqPacketConnection Connect(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        uint length = UnixAddress.Fill(path, out sockaddr_un address);
        SafeFileHandle socket = Open();
        if (SocketCalls.Connect(socket, &address, length) != 0)
        {
            LinuxException failure = LinuxException.FromLastError($"connect(\"{path}\")");
            socket.Dispose();
            throw failure;
        }

        return new SeqPacketConnection(socket);
    }

    /// <summary>Two ends of a new connection: socketpair(2).</summary>
    /// <exception cref="LinuxException">socketpair(2) failed, such as EMFILE.</exception>
    public static (SeqPacketConnection First, SeqPacketConnection Second) CreatePair()
    {
        int* pair = stackalloc int[2];
        if (SocketCalls.SocketPair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        {
            throw LinuxException.FromLastError("socketpair(AF_UNIX, SOCK_SEQPACKET)");
        }

        return (new SeqPacketConnection(new SafeFileHandle(pair[0], true)), new SeqPacketConnection(new SafeFileHandle(pair[1], true)));
    }

    /// <summary>Names this end: bind(2). The peer then sees the name by getpeername(2).</summary>
    /// <param name="path">A leading '@' means the abstract namespace.</param>
    /// <exception cref="LinuxException">bind(2) failed.</exception>
    public void SetName(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        uint length = UnixAddress.Fill(path, out sockaddr_un address);
        if (SocketCalls.Bind(Handle, &address, length) != 0)
        {
            throw LinuxException.FromLastError($"bind(\"{path}\")");
        }
    }

    /// <summary>The credentials of the process that connected (or created the pair).</summary>
    /// <exception cref="LinuxException">getsockopt(2) failed.</exception>
    public PeerCredentials GetPeer()
    {
        ucred peer;
        uint length = (uint)sizeof(ucred);
        if (SocketCalls.GetSockOpt(Handle, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
        {
            throw LinuxException.FromLastError("getsockopt(SO_PEERCRED)");
        }

        return new PeerCredentials(peer.pid, peer.uid, peer.gid);
    }

    /// <summary>The process that connected, held so that its number cannot come to mean another one: SO_PEERPIDFD, Linux 6.5.</summary>
    /// <returns>It, also when it has ended; null when the kernel does not know the option, or no longer the process.</returns>
    public PidDescriptor? OpenPeer()
    {
        int descriptor = -1;
        uint length = sizeof(int);
        return SocketCalls.GetSockOpt(Handle, SOL_SOCKET, SO_PEERPIDFD, &descriptor, &length) == 0
            ? PidDescriptor.Take(GetPeer().ProcessId, new SafeFileHandle(descriptor, true))
            : null;
    }

    /// <summary>Asks for room for this many bytes of unread messages: SO_SNDBUF of socket(7), which the kernel may cap.</summary>
    /// <param name="bytes">Bytes wished for.</param>
    /// <exception cref="LinuxException">setsockopt(2) failed.</exception>
    public void SetSendBuffer(int bytes)
    {
        if (SocketCalls.SetSockOpt(Handle, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(int)) != 0)
        {
            throw LinuxException.FromLastError($"setsockopt(SO_SNDBUF, {bytes})");
        }
    }

    /// <summary>Sends one message; waits while the peer's queue is full.</summary>
    /// <param name="message">The bytes; at least one.</param>
    /// <param name="descriptors">Descriptors to pass along; the caller keeps its own.</param>
    /// <exception cref="LinuxException">sendmsg(2) failed: EPIPE when the peer is gone, EMSGSIZE, ETOOMANYREFS.</exception>
    public void Send(ReadOnlySpan<byte> message, ReadOnlySpan<SafeFileHandle> descriptors = default)
    {
        int errno = SendMessage(message, descriptors, 0);
        if (errno != 0)
        {
            throw new LinuxException($"sendmsg({message.Length} bytes, {descriptors.Length} descriptors)", errno);
        }
    }

    /// <summary>Sends one message without waiting.</summary>
    /// <param name="message">The bytes; at least one.</param>
    /// <returns>0, or the errno: EAGAIN when the peer's queue is full, EPIPE when the peer is gone.</returns>
    public int TrySend(ReadOnlySpan<byte> message) => SendMessage(message, default, MSG_DONTWAIT);

    /// <summary>Waits for one message.</summary>
    /// <param name="buffer">Room for its bytes.</param>
    /// <returns>The message; one that <see cref="ReceivedMessage.IsEnd"/> when the peer has closed its end.</returns>
    /// <exception cref="LinuxException">recvmsg(2) failed: ECONNRESET when the peer died with messages unread, EMFILE.</exception>
    public ReceivedMessage Receive(Span<byte> buffer)
    {
        Span<byte> control = stackalloc byte[ControlCapacity];
        int errno = ReceiveMessage(buffer, control, 0, out ReceivedMessage message);
        return errno == 0 ? message : throw new LinuxException($"recvmsg({buffer.Length} bytes)", errno);
    }

    /// <summary>
    /// Takes a message if there is one. It is given no room for descriptors or other control messages: the kernel drops those that come.
    /// </summary>
    /// <param name="buffer">Room for its bytes.</param>
    /// <param name="message">The message, without descriptors, or one without bytes.</param>
    /// <returns>0, or the errno: EAGAIN when there is none now.</returns>
    public int TryReceive(Span<byte> buffer, out ReceivedMessage message) => ReceiveMessage(buffer, default, MSG_DONTWAIT, out message);

    /// <summary>
    /// Ends the connection in both directions: a thread that waits in <see cref="Receive"/> sees the end. From any thread, also while, or
    /// after, another disposes the connection.
    /// </summary>
    public void Shutdown()
    {
        try
        {
            _ = SocketCalls.Shutdown(Handle, SHUT_RDWR);
        }
        catch (ObjectDisposedException)
        {
            // Ended already.
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => Handle.Dispose();

    internal static SafeFileHandle Open()
    {
        int socket = SocketCalls.Socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
        return socket >= 0 ? new SafeFileHandle(socket, true) : throw LinuxException.FromLastError("socket(AF_UNIX, SOCK_SEQPACKET)");
    }

    private int SendMessage(ReadOnlySpan<byte> message, ReadOnlySpan<SafeFileHandle> descriptors, int flags)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        fixed (byte* bytes = message)
        {
            iovec vector = new() { iov_base = bytes, iov_len = (nuint)message.Length };
            msghdr header = new() { msg_iov = &vector, msg_iovlen = 1 };
            if (descriptors.IsEmpty)
            {
                return Send(&header, flags);
            }

            byte* control = stackalloc byte[ControlCapacity];
            cmsghdr* rights = (cmsghdr*)control;
            rights->cmsg_len = (nuint)(ControlHeader + (descriptors.Length * sizeof(int)));
            rights->cmsg_level = SOL_SOCKET;
            rights->cmsg_type = SCM_RIGHTS;
            header.msg_control = control;
            header.msg_controllen = (rights->cmsg_len + 7) & ~(nuint)7;
            return SendRights(&header, descriptors, (int*)(control + ControlHeader), flags);
        }
    }

    private int SendRights(msghdr* header, ReadOnlySpan<SafeFileHandle> descriptors, int* numbers, int flags)
    {
        int held = 0;
        try
        {
            foreach (SafeFileHandle descriptor in descriptors)
            {
                bool added = false;
                descriptor.DangerousAddRef(ref added);
                numbers[held++] = (int)descriptor.DangerousGetHandle();
            }

            return Send(header, flags);
        }
        finally
        {
            foreach (SafeFileHandle descriptor in descriptors[..held])
            {
                descriptor.DangerousRelease();
            }
        }
    }

    private int Send(msghdr* header, int flags)
    {
        while (SocketCalls.SendMsg(Handle, header, flags | MSG_NOSIGNAL) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != EINTR)
            {
                return errno;
            }
        }

        return 0;
    }

    private int ReceiveMessage(Span<byte> buffer, Span<byte> room, int flags, out ReceivedMessage message)
    {
        fixed (byte* bytes = buffer, control = room)
        {
            iovec vector = new() { iov_base = bytes, iov_len = (nuint)buffer.Length };
            msghdr header = new() { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = (nuint)room.Length };
            nint received;
            while ((received = SocketCalls.RecvMsg(Handle, &header, flags | MSG_CMSG_CLOEXEC)) < 0)
            {
                int errno = Marshal.GetLastPInvokeError();
                if (errno != EINTR)
                {
                    message = new ReceivedMessage(0, [], false);
                    return errno;
                }
            }

            bool truncated = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
            message = new ReceivedMessage((int)received, TakeDescriptors(control, (int)header.msg_controllen), truncated);
            return 0;
        }
    }

    private static SafeFileHandle[] TakeDescriptors(byte* control, int length)
    {
        if (length < ControlHeader)
        {
            return [];
        }

        // SO_PASSCRED and its like are never set on sockets that are given room for control messages, and nobody else has those
        // sockets to set it: so SCM_RIGHTS is the only one there can be.
        cmsghdr* rights = (cmsghdr*)control;
        int count = ((int)rights->cmsg_len - ControlHeader) / sizeof(int);
        SafeFileHandle[] descriptors = new SafeFileHandle[count];
        for (int i = 0; i < count; i++)
        {
            descriptors[i] = new SafeFileHandle(((int*)(control + ControlHeader))[i], true);
        }

        return descriptors;
    }
}
