namespace DaxEmu.Abi;

/// <summary>
/// epoll(7). <c>struct epoll_event</c> is packed to 12 bytes on x86-64 and has 16 everywhere else, so it is no struct here.
/// </summary>
[CHeader("sys/epoll.h")]
public static class epoll
{
    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const uint EPOLLERR = 0x8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLONESHOT = 0x40000000;
    public const uint EPOLLET = 0x80000000;
}
