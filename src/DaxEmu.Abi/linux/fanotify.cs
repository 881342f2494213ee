namespace DaxEmu.Abi;

/// <summary>fanotify(7): permission events before a file's content is read or changed.</summary>
[CHeader("linux/fanotify.h")]
public static class fanotify
{
    public const uint FAN_CLOEXEC = 0x1;
    public const uint FAN_CLASS_PRE_CONTENT = 0x8;
    public const uint FAN_MARK_ADD = 0x1;

    [Since("6.14")]
    public const ulong FAN_PRE_ACCESS = 0x100000;
}
