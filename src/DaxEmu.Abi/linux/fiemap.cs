using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// FS_IOC_FIEMAP: where a file's bytes lie.

[CHeader("linux/fiemap.h")]
public static class linux_fiemap
{
    public const ulong FIEMAP_MAX_OFFSET = ulong.MaxValue;
    public const uint FIEMAP_EXTENT_LAST = 0x1;
    public const uint FIEMAP_EXTENT_UNKNOWN = 0x2;
    public const uint FIEMAP_EXTENT_DELALLOC = 0x4;
    public const uint FIEMAP_EXTENT_ENCODED = 0x8;
    public const uint FIEMAP_EXTENT_DATA_ENCRYPTED = 0x80;
    public const uint FIEMAP_EXTENT_NOT_ALIGNED = 0x100;
    public const uint FIEMAP_EXTENT_DATA_INLINE = 0x200;
    public const uint FIEMAP_EXTENT_UNWRITTEN = 0x800;
    public const uint FIEMAP_EXTENT_SHARED = 0x2000;
}

/// <summary>Followed by <see cref="fm_extent_count"/> extents.</summary>
[CHeader("linux/fiemap.h")]
public struct fiemap
{
    public ulong fm_start;
    public ulong fm_length;
    public uint fm_flags;
    public uint fm_mapped_extents;
    public uint fm_extent_count;
    public uint fm_reserved;
}

[CHeader("linux/fiemap.h")]
[StructLayout(LayoutKind.Explicit, Size = 56)]
public struct fiemap_extent
{
    [FieldOffset(0)]
    public ulong fe_logical;

    [FieldOffset(8)]
    public ulong fe_physical;

    [FieldOffset(16)]
    public ulong fe_length;

    [FieldOffset(40)]
    public uint fe_flags;
}
