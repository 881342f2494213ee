namespace DaxEmu.Abi;

// fanotify(7) with pre-content events.

[CHeader("linux/fanotify.h")]
public static class linux_fanotify
{
    public const uint FAN_CLOEXEC = 0x1;
    public const uint FAN_CLASS_PRE_CONTENT = 0x8;
    public const uint FAN_UNLIMITED_QUEUE = 0x10;
    public const uint FAN_UNLIMITED_MARKS = 0x20;
    public const uint FAN_REPORT_TID = 0x100;
    public const uint FAN_MARK_ADD = 0x1;
    public const uint FAN_MARK_REMOVE = 0x2;
    public const uint FAN_MARK_IGNORED_SURV_MODIFY = 0x40;
    public const uint FAN_MARK_FILESYSTEM = 0x100;
    public const uint FAN_MARK_IGNORE = 0x400;
    public const uint FAN_ALLOW = 0x1;
    public const uint FAN_DENY = 0x2;

    public const ulong FAN_OPEN = 0x20;
    public const ulong FAN_OPEN_PERM = 0x10000;

    [Since("6.14")]
    public const ulong FAN_PRE_ACCESS = 0x100000;

    [Since("6.14")]
    public const byte FAN_EVENT_INFO_TYPE_RANGE = 6;

    /// <summary>FAN_DENY_ERRNO: the errno sits in the top byte of a denial.</summary>
    [Since("6.14")]
    public const int FAN_ERRNO_SHIFT = 24;
}

[CHeader("linux/fanotify.h")]
public struct fanotify_event_metadata
{
    public uint event_len;
    public byte vers;
    public byte reserved;
    public ushort metadata_len;
    public ulong mask;
    public int fd;
    public int pid;
}

[CHeader("linux/fanotify.h")]
public struct fanotify_response
{
    public int fd;
    public uint response;
}

[CHeader("linux/fanotify.h")]
public struct fanotify_event_info_header
{
    public byte info_type;
    public byte pad;
    public ushort len;
}

[CHeader("linux/fanotify.h")]
[Since("6.14")]
public struct fanotify_event_info_range
{
    public fanotify_event_info_header hdr;
    public uint pad;
    public ulong offset;
    public ulong count;
}
