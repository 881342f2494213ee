using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_btrfs;
using static DaxEmu.Abi.linux_btrfs_tree;

namespace DaxEmu.Linux.Files;

/// <summary>The subvolumes of a btrfs filesystem. Results are the kernel's own: 0, or the negated errno.</summary>
public static unsafe class BtrfsSubvolumes
{
    /// <summary>The one that holds a file: BTRFS_IOC_GET_SUBVOL_INFO (Linux 4.18), open to everybody.</summary>
    /// <param name="file">A descriptor open for reading.</param>
    /// <param name="subvolume">It; its name is left empty.</param>
    public static int Of(SafeFileHandle file, out BtrfsSubvolume? subvolume)
    {
        btrfs_ioctl_get_subvol_info_args info = default;
        int result = FileCalls.Result(FileCalls.Ioctl(file, BTRFS_IOC_GET_SUBVOL_INFO, &info));
        subvolume = result < 0 ? null : new(info.treeid, info.uuid, info.parent_uuid, "");
        return result;
    }

    /// <summary>All that exist, but for the filesystem's top: BTRFS_IOC_TREE_SEARCH, which needs CAP_SYS_ADMIN.</summary>
    /// <param name="file">A descriptor of any file on it, open for reading.</param>
    /// <param name="subvolumes">They.</param>
    public static int All(SafeFileHandle file, out IReadOnlyList<BtrfsSubvolume> subvolumes)
    {
        Dictionary<ulong, BtrfsSubvolume> found = [];
        Dictionary<ulong, string> names = [];
        subvolumes = [];
        byte[] answer = new byte[sizeof(btrfs_ioctl_search_args)];
        btrfs_ioctl_search_key key = new()
        {
            tree_id = BTRFS_ROOT_TREE_OBJECTID,
            min_objectid = BTRFS_FIRST_FREE_OBJECTID,
            max_objectid = BTRFS_LAST_FREE_OBJECTID,
            max_offset = ulong.MaxValue,
            max_transid = ulong.MaxValue,
            min_type = BTRFS_ROOT_ITEM_KEY,
            max_type = BTRFS_ROOT_BACKREF_KEY,
        };
        while (true)
        {
            key.nr_items = uint.MaxValue;
            MemoryMarshal.Write(answer, key);
            fixed (byte* a = answer)
            {
                int result = FileCalls.Result(FileCalls.Ioctl(file, BTRFS_IOC_TREE_SEARCH, a));
                if (result < 0)
                {
                    return result;
                }
            }

            btrfs_ioctl_search_header? last = Take(answer, found, names);
            if (last is not { } end || end.offset == ulong.MaxValue)
            {
                break;
            }

            // The range is one line of keys (object, type, offset): go on behind the last.
            (key.min_objectid, key.min_type, key.min_offset) = (end.objectid, end.type, end.offset + 1);
        }

        subvolumes = [.. found.Values.Select(s => s with { Name = names.GetValueOrDefault(s.Id, "") })];
        return 0;
    }

    // Items of other types lie between: they are passed over. Items of older kernels are shorter, and have no UUID.
    private static btrfs_ioctl_search_header? Take(ReadOnlySpan<byte> answer, Dictionary<ulong, BtrfsSubvolume> found, Dictionary<ulong, string> names)
    {
        uint count = MemoryMarshal.Read<btrfs_ioctl_search_key>(answer).nr_items;
        ReadOnlySpan<byte> rest = answer[sizeof(btrfs_ioctl_search_key)..];
        btrfs_ioctl_search_header? last = null;
        for (uint i = 0; i < count && rest.Length >= sizeof(btrfs_ioctl_search_header); i++)
        {
            btrfs_ioctl_search_header header = MemoryMarshal.Read<btrfs_ioctl_search_header>(rest);
            rest = rest[sizeof(btrfs_ioctl_search_header)..];
            ReadOnlySpan<byte> item = rest[..Math.Min((int)header.len, rest.Length)];
            rest = rest[item.Length..];
            if (header.type == BTRFS_ROOT_ITEM_KEY && item.Length >= sizeof(btrfs_root_item))
            {
                btrfs_root_item root = MemoryMarshal.Read<btrfs_root_item>(item);
                if (root.refs > 0)
                {
                    found[header.objectid] = new(header.objectid, root.uuid, root.parent_uuid, "");
                }
            }
            else if (header.type == BTRFS_ROOT_BACKREF_KEY && item.Length > sizeof(btrfs_root_ref))
            {
                int length = BinaryPrimitives.ReadUInt16LittleEndian(item[(sizeof(btrfs_root_ref) - sizeof(ushort))..]);
                ReadOnlySpan<byte> name = item[sizeof(btrfs_root_ref)..];
                names[header.objectid] = Encoding.UTF8.GetString(name[..Math.Min(length, name.Length)]);
            }

            last = header;
        }

        return last;
    }
}
