using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// Items of the tree of tree roots, as they lie on the disk: packed, little-endian.

[CHeader("linux/btrfs_tree.h")]
public static class linux_btrfs_tree
{
    public const ulong BTRFS_ROOT_TREE_OBJECTID = 1;
    public const ulong BTRFS_FIRST_FREE_OBJECTID = 256;
    public const ulong BTRFS_LAST_FREE_OBJECTID = unchecked((ulong)-256L);
    public const uint BTRFS_ROOT_ITEM_KEY = 132;
    public const uint BTRFS_ROOT_BACKREF_KEY = 144;
}

[CHeader("linux/btrfs_tree.h")]
[StructLayout(LayoutKind.Explicit, Size = 439)]
public struct btrfs_root_item
{
    [FieldOffset(216)]
    public uint refs;

    [FieldOffset(247)]
    public Guid uuid;

    [FieldOffset(263)]
    public Guid parent_uuid;
}

/// <summary>Followed by the name.</summary>
[CHeader("linux/btrfs_tree.h")]
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct btrfs_root_ref
{
    public ulong dirid;
    public ulong sequence;
    public ushort name_len;
}
