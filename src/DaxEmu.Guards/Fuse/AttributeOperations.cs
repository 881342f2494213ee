using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.linux_fuse;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards.Fuse;

/// <summary>Attributes of files, extended ones too, and of the file system.</summary>
internal static class AttributeOperations
{
    // setfsuid has no part here: the kernel judged the caller by the mount's default_permissions, and the change is made as the guard.
    private const uint SetIdBits = S_ISUID | S_ISGID;
    private static ReadOnlySpan<byte> AccessAcl => "system.posix_acl_access\0"u8;

    internal static int Get(Node node, Span<byte> reply)
    {
        int known = FileStatus.Status(node.Handle, STATX_BASIC_STATS, out statx status);
        return known < 0 ? known : Answer.Attributes(reply, node, status);
    }

    /// <summary>All of SETATTR but the size: mode, owner, times.</summary>
    internal static int Set(Node node, in fuse_setattr_in wish)
    {
        int done = 0;
        if ((wish.valid & (FATTR_UID | FATTR_GID)) != 0)
        {
            done = FileStatus.SetOwner(
                node.Handle,
                (wish.valid & FATTR_UID) != 0 ? wish.uid : uint.MaxValue,
                (wish.valid & FATTR_GID) != 0 ? wish.gid : uint.MaxValue);
        }

        if (done == 0 && (wish.valid & FATTR_MODE) != 0)
        {
            done = node.IsSymbolicLink ? -EOPNOTSUPP : FileStatus.SetMode(node.Handle, wish.mode & 0xfff);
        }
        else if (done == 0 && (wish.valid & FATTR_KILL_SUIDGID) != 0)
        {
            done = DropSetIds(node);
        }

        if (done == 0 && (wish.valid & (FATTR_ATIME | FATTR_MTIME)) != 0)
        {
            done = FileStatus.SetTimes(
                node.Handle,
                Time(wish.valid, FATTR_ATIME, FATTR_ATIME_NOW, wish.atime, wish.atimensec),
                Time(wish.valid, FATTR_MTIME, FATTR_MTIME_NOW, wish.mtime, wish.mtimensec));
        }

        return done;
    }

    /// <summary>What a write by another than root does: set-user-id goes, set-group-id where it means execution (inode(7)).</summary>
    internal static int DropSetIds(Node node)
    {
        int known = FileStatus.Status(node.Handle, STATX_MODE, out statx status);
        if (known < 0 || (status.stx_mode & SetIdBits) == 0)
        {
            return known;
        }

        uint drop = S_ISUID | ((status.stx_mode & S_IXGRP) != 0 ? S_ISGID : 0);
        return FileStatus.SetMode(node.Handle, status.stx_mode & 0xfffu & ~drop);
    }

    internal static int FileSystem(Node node, Span<byte> reply)
    {
        int known = FileStatus.FileSystem(node.Handle, out statvfs status);
        return known < 0
            ? known
            : Answer.Structure(reply, new fuse_statfs_out
            {
                st = new fuse_kstatfs
                {
                    blocks = status.f_blocks,
                    bfree = status.f_bfree,
                    bavail = status.f_bavail,
                    files = status.f_files,
                    ffree = status.f_ffree,
                    bsize = (uint)status.f_bsize,
                    namelen = (uint)status.f_namemax,
                    frsize = (uint)status.f_frsize,
                },
            });
    }

    internal static int GetExtended(Node node, ref FuseRequest request, Span<byte> reply)
    {
        uint size = request.Take<fuse_getxattr_in>().size;
        ReadOnlySpan<byte> name = request.TakeName();
        int found = FileStatus.GetExtended(node.Handle, name, reply[..(int)Math.Min(size, (uint)reply.Length)]);
        return SizeOrBytes(found, size, reply);
    }

    internal static int ListExtended(Node node, ref FuseRequest request, Span<byte> reply)
    {
        uint size = request.Take<fuse_getxattr_in>().size;
        return SizeOrBytes(FileStatus.ListExtended(node.Handle, reply[..(int)Math.Min(size, (uint)reply.Length)]), size, reply);
    }

    internal static int SetExtended(Node node, ref FuseRequest request)
    {
        fuse_setxattr_in wish = request.Take<fuse_setxattr_in>();
        ReadOnlySpan<byte> name = request.TakeName();
        int done = FileStatus.SetExtended(node.Handle, name, request.TakeBytes(wish.size), (int)wish.flags);
        return done == 0 && (wish.setxattr_flags & FUSE_SETXATTR_ACL_KILL_SGID) != 0 && name.SequenceEqual(AccessAcl)
            ? DropSetGroupId(node)
            : done;
    }

    internal static int RemoveExtended(Node node, ref FuseRequest request) =>
        FileStatus.RemoveExtended(node.Handle, request.TakeName());

    private static int DropSetGroupId(Node node)
    {
        int known = FileStatus.Status(node.Handle, STATX_MODE, out statx status);
        return known < 0 ? known : FileStatus.SetMode(node.Handle, status.stx_mode & 0xfffu & ~S_ISGID);
    }

    private static int SizeOrBytes(int found, uint size, Span<byte> reply) =>
        found < 0 || size != 0 ? found : Answer.Structure(reply, new fuse_getxattr_out { size = (uint)found });

    private static FileTime Time(uint valid, uint set, uint now, ulong seconds, uint nanoseconds) =>
        (valid & set) == 0 ? FileTime.Omit
        : (valid & now) != 0 ? FileTime.Now
        : new FileTime((long)seconds, nanoseconds);
}
