namespace DaxEmu.Abi;

/// <summary>inotify(7).</summary>
[CHeader("sys/inotify.h")]
public static class inotify
{
    public const int IN_NONBLOCK = 0x800;
    public const int IN_CLOEXEC = 0x80000;
    public const uint IN_MODIFY = 0x2;
    public const uint IN_Q_OVERFLOW = 0x4000;
}

/// <summary>Followed by <see cref="len"/> bytes of a name, which events of a watched file do not have.</summary>
[CHeader("sys/inotify.h")]
public struct inotify_event
{
    public int wd;
    public uint mask;
    public uint cookie;
    public uint len;
}
