using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// The ioctls that tell a subvolume and its snapshots.

[CHeader("linux/btrfs.h")]
public static class linux_btrfs
{
    public const uint BTRFS_IOC_TREE_SEARCH = 0xd0009411;
    public const uint BTRFS_IOC_GET_SUBVOL_INFO = 0x81f8943c;
}

[CHeader("linux/btrfs.h")]
[StructLayout(LayoutKind.Explicit, Size = 504)]
public struct btrfs_ioctl_get_subvol_info_args
{
    [FieldOffset(0)]
    public ulong treeid;

    [FieldOffset(296)]
    public Guid uuid;

    [FieldOffset(312)]
    public Guid parent_uuid;
}

[CHeader("linux/btrfs.h")]
[StructLayout(LayoutKind.Sequential, Size = 104)]
public struct btrfs_ioctl_search_key
{
    public ulong tree_id;
    public ulong min_objectid;
    public ulong max_objectid;
    public ulong min_offset;
    public ulong max_offset;
    public ulong min_transid;
    public ulong max_transid;
    public uint min_type;
    public uint max_type;
    public uint nr_items;
}

/// <summary>The key, then room for headers, each followed by its item.</summary>
[CHeader("linux/btrfs.h")]
[StructLayout(LayoutKind.Sequential, Size = 4096)]
public struct btrfs_ioctl_search_args
{
    public btrfs_ioctl_search_key key;
}

[CHeader("linux/btrfs.h")]
public struct btrfs_ioctl_search_header
{
    public ulong transid;
    public ulong objectid;
    public ulong offset;
    public uint type;
    public uint len;
}
