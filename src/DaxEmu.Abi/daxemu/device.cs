using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// The device boundary: native-shims/include/daxemu/device.h, where every field is explained.

[CHeader("daxemu/device.h")]
public static class daxemu_device
{
    public const uint DAXEMU_PROTOCOL_VERSION = 1;
    public const int DAXEMU_MAX_MESSAGE = 65536;
    public const int DAXEMU_MAX_FDS = 64;
    public const uint DAXEMU_REQ_HELLO = 1;
    public const uint DAXEMU_REQ_WRITE = 2;
    public const uint DAXEMU_REQ_MMAP = 3;
    public const uint DAXEMU_REQ_SYSFS = 4;
    public const uint DAXEMU_REQ_IOCTL = 5;
    public const uint DAXEMU_REQ_GUARD_FILES = 16;
    public const uint DAXEMU_REQ_GUARD_BEGIN = 17;
    public const uint DAXEMU_REQ_GUARD_INTERRUPT = 18;
    public const uint DAXEMU_REQ_GUARD_END = 19;
    public const uint DAXEMU_GUARD_TRUNCATE = 1;
    public const uint DAXEMU_GUARD_OPEN_TRUNCATE = 2;
    public const uint DAXEMU_GUARD_PUNCH_HOLE = 3;
    public const uint DAXEMU_GUARD_ZERO_RANGE = 4;
    public const uint DAXEMU_GUARD_COLLAPSE_RANGE = 5;
    public const uint DAXEMU_GUARD_INSERT_RANGE = 6;
    public const uint DAXEMU_GUARD_REFLINK_INTO = 7;
    public const uint DAXEMU_GUARD_REFLINK_FROM = 8;
    public const uint DAXEMU_GUARD_DEDUPE = 9;
    public const uint DAXEMU_GUARD_EXCHANGE = 10;
    public const uint DAXEMU_GUARD_DAX_FLAG = 11;
    public const int DAXEMU_GUARD_UNGUARDED = 0;
    public const int DAXEMU_GUARD_PROCEED = 1;
    public const int DAXEMU_GUARD_PRETEND = 2;
    public const int DAXEMU_GUARD_DEVICES = 62;
    public const uint DAXEMU_GUARD_NAMELESS = 1;
    public const uint DAXEMU_GUARD_ANY = 2;
    public const uint DAXEMU_OUTPUT_VALUE = 1;
    public const uint DAXEMU_ASYNC_CHANNELS = 0x4000_0000;
    public const int DAXEMU_DOORBELL_QPS = 32768;
    public const uint DAXEMU_SEGMENT_SYNC = 1;
    public const uint DAXEMU_SEGMENT_PROCESS = 2;
    public const uint DAXEMU_EVENT_LEASE_BREAK = 0x10000;
    public const ulong DAXEMU_EVENT_ELEMENT_RKEY = 1UL << 63;
}

[CHeader("daxemu/device.h")]
public struct daxemu_request
{
    public uint type;
    public uint length;
    public ulong id;
}

[CHeader("daxemu/device.h")]
public struct daxemu_reply
{
    public ulong id;
    public int result;
    public uint length;
    public uint fd_count;
    public uint reserved;
}

[CHeader("daxemu/device.h")]
public struct daxemu_hello
{
    public uint version;
    public uint lease_signal;
    public path_bytes path;

    [InlineArray(112)]
    public struct path_bytes
    {
        private byte _first;
    }
}

[CHeader("daxemu/device.h")]
public struct daxemu_hello_reply
{
    public uint version;
    public uint doorbell_length;
    public name_bytes device;

    [InlineArray(64)]
    public struct name_bytes
    {
        private byte _first;
    }
}

[CHeader("daxemu/device.h")]
[StructLayout(LayoutKind.Explicit, Size = 8192 + daxemu_device.DAXEMU_DOORBELL_QPS)]
public struct daxemu_doorbell
{
    [FieldOffset(0)]
    public uint worker_asleep;

    [FieldOffset(64)]
    public summary_words summary;

    [FieldOffset(4096)]
    public bit_words bits;

    [FieldOffset(8192)]
    public state_bytes qp_state;

    [InlineArray(daxemu_device.DAXEMU_DOORBELL_QPS / 64 / 64)]
    public struct summary_words
    {
        private ulong _first;
    }

    [InlineArray(daxemu_device.DAXEMU_DOORBELL_QPS / 64)]
    public struct bit_words
    {
        private ulong _first;
    }

    [InlineArray(daxemu_device.DAXEMU_DOORBELL_QPS)]
    public struct state_bytes
    {
        private byte _first;
    }
}

[CHeader("daxemu/device.h")]
public struct daxemu_segment
{
    public ulong address;
    public ulong length;
    public ulong offset;
    public uint protection;
    public uint flags;
}

[CHeader("daxemu/device.h")]
public struct daxemu_write
{
    public uint segment_count;
    public uint command_length;
}

[CHeader("daxemu/device.h")]
public struct daxemu_mmap
{
    public ulong offset;
    public ulong length;
}

[CHeader("daxemu/device.h")]
public struct daxemu_output
{
    public ushort attribute;
    public ushort length;
    public uint flags;
    public ulong value;
}

[CHeader("daxemu/device.h")]
public struct daxemu_guard_begin
{
    public uint kind;
    public uint reserved;
    public ulong offset;
    public ulong length;
}

[CHeader("daxemu/device.h")]
public struct daxemu_guard_end
{
    public uint carried_out;
    public uint reserved;
}

[CHeader("daxemu/device.h")]
public struct daxemu_guard_files
{
    public uint flags;
    public uint device_count;
    public device_numbers devices;

    [InlineArray(daxemu_device.DAXEMU_GUARD_DEVICES)]
    public struct device_numbers
    {
        private ulong _first;
    }
}
