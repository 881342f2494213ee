using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards.Fuse;

/// <summary>Names in directories: looking up, creating, linking, renaming and removing them.</summary>
internal sealed class NameOperations(FuseVolume volume, IGuardEvents events)
{
    internal int Lookup(Node parent, ref FuseRequest request, Span<byte> reply) => Find(parent, request.TakeName(), reply);

    /// <summary>Looks a name up and writes the entry; the kernel then holds one more reference of the node.</summary>
    internal int Find(Node parent, ReadOnlySpan<byte> name, Span<byte> reply)
    {
        int found = Find(parent, name, out Node? node, out statx status);
        return found < 0 ? found : Answer.Entry(reply, node!, status);
    }

    internal int Find(Node parent, ReadOnlySpan<byte> name, out Node? node, out statx status)
    {
        int opened = FileNames.Open(parent.Handle, name, OpenFlags.PathOnly, 0, out SafeFileHandle? handle);
        if (opened < 0)
        {
            node = null;
            status = default;
            return opened;
        }

        return Adopt(handle!, out node, out status);
    }

    /// <summary>Makes a node of an O_PATH descriptor, which it takes over.</summary>
    internal int Adopt(SafeFileHandle handle, out Node? node, out statx status)
    {
        node = null;
        int known = FileStatus.Status(handle, STATX_BASIC_STATS | STATX_MNT_ID, out status);
        if (known == 0 && status.stx_mnt_id != volume.MountId)
        {
            // Another file system is mounted on a directory of the volume. What happens in there would be judged by names of the wrong
            // file system, so it is not let in.
            events.Warning($"{volume.BackingDirectory}: something is mounted below it; it is not reachable through {volume.MountPoint}");
            known = -EXDEV;
        }

        if (known < 0)
        {
            handle.Dispose();
            return known;
        }

        node = volume.Nodes.Adopt(handle, status);
        return 0;
    }

    internal int MakeNode(Node parent, ref FuseRequest request, Span<byte> reply)
    {
        fuse_mknod_in wish = request.Take<fuse_mknod_in>();
        ReadOnlySpan<byte> name = request.TakeName();

        // new_decode_dev, the kernel's 32-bit form (linux/kdev_t.h).
        ulong device = DeviceNumber.Pack((wish.rdev & 0xfff00) >> 8, (wish.rdev & 0xff) | ((wish.rdev >> 12) & 0xfff00));
        int made;
        using (CallerIdentity caller = new(request.Header, wish.umask))
        {
            made = caller.Failure < 0 ? caller.Failure : FileNames.MakeNode(parent.Handle, name, wish.mode, device);
        }

        return made < 0 ? made : Find(parent, name, reply);
    }

    internal int MakeDirectory(Node parent, ref FuseRequest request, Span<byte> reply)
    {
        fuse_mkdir_in wish = request.Take<fuse_mkdir_in>();
        ReadOnlySpan<byte> name = request.TakeName();
        int made;
        using (CallerIdentity caller = new(request.Header, wish.umask))
        {
            made = caller.Failure < 0 ? caller.Failure : FileNames.MakeDirectory(parent.Handle, name, wish.mode);
        }

        return made < 0 ? made : Find(parent, name, reply);
    }

    internal int MakeSymbolicLink(Node parent, ref FuseRequest request, Span<byte> reply)
    {
        ReadOnlySpan<byte> name = request.TakeName();
        ReadOnlySpan<byte> target = request.TakeName();
        int made;
        using (CallerIdentity caller = new(request.Header))
        {
            made = caller.Failure < 0 ? caller.Failure : FileNames.MakeSymbolicLink(target, parent.Handle, name);
        }

        return made < 0 ? made : Find(parent, name, reply);
    }

    internal int Link(Node parent, ref FuseRequest request, Span<byte> reply)
    {
        if (volume.Nodes.Find(request.Take<fuse_link_in>().oldnodeid) is not { } file)
        {
            return -ESTALE;
        }

        ReadOnlySpan<byte> name = request.TakeName();
        int linked = FileNames.Link(file.Handle, parent.Handle, name);
        return linked < 0 ? linked : Find(parent, name, reply);
    }

    internal static int Unlink(Node parent, ref FuseRequest request) => FileNames.Remove(parent.Handle, request.TakeName(), 0);

    internal static int RemoveDirectory(Node parent, ref FuseRequest request) =>
        FileNames.Remove(parent.Handle, request.TakeName(), AT_REMOVEDIR);

    internal int Rename(Node parent, ref FuseRequest request) => Rename(parent, ref request, request.Take<fuse_rename_in>().newdir, 0);

    internal int RenameWithFlags(Node parent, ref FuseRequest request)
    {
        fuse_rename2_in wish = request.Take<fuse_rename2_in>();
        return Rename(parent, ref request, wish.newdir, wish.flags);
    }

    internal static int ReadLink(Node link, Span<byte> reply) => FileStatus.ReadLink(link.Handle, reply[..4096]);

    private int Rename(Node parent, ref FuseRequest request, ulong newParent, uint flags)
    {
        ReadOnlySpan<byte> name = request.TakeName();
        return volume.Nodes.Find(newParent) is { } target
            ? FileNames.Rename(parent.Handle, name, target.Handle, request.TakeName(), flags)
            : -ESTALE;
    }
}
