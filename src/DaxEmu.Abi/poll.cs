namespace DaxEmu.Abi;

/// <summary>poll(2).</summary>
[CHeader("poll.h")]
public static class poll
{
    public const short POLLIN = 0x1;
    public const short POLLOUT = 0x4;
    public const short POLLERR = 0x8;
    public const short POLLHUP = 0x10;
    public const short POLLNVAL = 0x20;
}

[CHeader("poll.h")]
public struct pollfd
{
    public int fd;
    public short events;
    public short revents;
}
