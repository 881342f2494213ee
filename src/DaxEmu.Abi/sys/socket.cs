namespace DaxEmu.Abi;

// recvmsg(2), unix(7): messages with descriptors and credentials. Generic numbers, the same on x86-64 and arm64.

[CHeader("sys/socket.h")]
public static class socket
{
    public const int AF_UNIX = 1;
    public const int SOCK_SEQPACKET = 5;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_SNDBUF = 7;
    public const int SO_RCVBUF = 8;
    public const int SO_PEERCRED = 17;

    [Since("6.5")]
    public const int SO_PEERPIDFD = 77;

    public const int SCM_RIGHTS = 1;
    public const int SHUT_RD = 0;
    public const int SHUT_WR = 1;
    public const int SHUT_RDWR = 2;
    public const int MSG_PEEK = 0x2;
    public const int MSG_CTRUNC = 0x8;
    public const int MSG_TRUNC = 0x20;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int MSG_CMSG_CLOEXEC = 0x40000000;
}

[CHeader("sys/uio.h")]
public unsafe struct iovec
{
    public void* iov_base;
    public nuint iov_len;
}

[CHeader("sys/socket.h")]
public unsafe struct msghdr
{
    public void* msg_name;
    public uint msg_namelen;
    public iovec* msg_iov;
    public nuint msg_iovlen;
    public void* msg_control;
    public nuint msg_controllen;
    public int msg_flags;
}

[CHeader("sys/socket.h")]
public struct cmsghdr
{
    public nuint cmsg_len;
    public int cmsg_level;
    public int cmsg_type;
}

[CHeader("sys/socket.h")]
public struct ucred
{
    public int pid;
    public uint uid;
    public uint gid;
}
