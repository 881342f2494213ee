using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards.Fuse;

/// <summary>What an operation returns: the bytes of its reply's body, or a negated errno, or one of two special values.</summary>
internal static class Answer
{
    /// <summary>The kernel expects none (forget, interrupt).</summary>
    internal const int None = int.MinValue;

    /// <summary>It will be sent later, when the contract has decided.</summary>
    internal const int Later = int.MinValue + 1;

    // The mount is the way in, and the kernel keeps its name cache right for all that goes through it; a second is how long it may believe
    // in a name that was changed behind the mount's back.
    private const ulong NameSeconds = 1;

    // Attributes of directories and symbolic links change through requests only. Size, blocks and times of a file also change by stores
    // through mappings and by the device, of which the kernel's FUSE learns nothing: they are asked for each time.
    private const ulong UnmappableSeconds = 1;

    internal static int Structure<T>(Span<byte> reply, in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(reply, in value);
        return Unsafe.SizeOf<T>();
    }

    internal static int Entry(Span<byte> reply, Node node, in statx status) => Structure(reply, EntryOf(node, status));

    internal static int Attributes(Span<byte> reply, Node node, in statx status) => Structure(
        reply, new fuse_attr_out { attr_valid = AttributeSeconds(status), attr = AttributesOf(node, status) });

    internal static fuse_entry_out EntryOf(Node node, in statx status) => new()
    {
        nodeid = node.Id,
        entry_valid = NameSeconds,
        attr_valid = AttributeSeconds(status),
        attr = AttributesOf(node, status),
    };

    private static ulong AttributeSeconds(in statx status) =>
        (status.stx_mode & S_IFMT) is S_IFDIR or S_IFLNK ? UnmappableSeconds : 0;

    private static fuse_attr AttributesOf(Node node, in statx status) => new()
    {
        ino = node.ShownInode,
        size = status.stx_size,
        blocks = status.stx_blocks,
        atime = (ulong)status.stx_atime.tv_sec,
        mtime = (ulong)status.stx_mtime.tv_sec,
        ctime = (ulong)status.stx_ctime.tv_sec,
        atimensec = status.stx_atime.tv_nsec,
        mtimensec = status.stx_mtime.tv_nsec,
        ctimensec = status.stx_ctime.tv_nsec,
        mode = status.stx_mode,
        nlink = status.stx_nlink,
        uid = status.stx_uid,
        gid = status.stx_gid,

        // new_encode_dev, the kernel's 32-bit form (linux/kdev_t.h).
        rdev = (status.stx_rdev_minor & 0xff) | (status.stx_rdev_major << 8) | ((status.stx_rdev_minor & ~0xffu) << 12),
        blksize = status.stx_blksize,
    };
}
