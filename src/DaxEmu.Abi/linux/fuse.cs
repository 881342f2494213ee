using System.Runtime.InteropServices;

namespace DaxEmu.Abi;

// The FUSE protocol: requests read from /dev/fuse and the replies written to it.

[CHeader("linux/fuse.h")]
public static class linux_fuse
{
    public const uint FUSE_KERNEL_VERSION = 7;
    public const ulong FUSE_ROOT_ID = 1;
    public const int FUSE_MIN_READ_BUFFER = 8192;

    public const uint FATTR_MODE = 1 << 0;
    public const uint FATTR_UID = 1 << 1;
    public const uint FATTR_GID = 1 << 2;
    public const uint FATTR_SIZE = 1 << 3;
    public const uint FATTR_ATIME = 1 << 4;
    public const uint FATTR_MTIME = 1 << 5;
    public const uint FATTR_FH = 1 << 6;
    public const uint FATTR_ATIME_NOW = 1 << 7;
    public const uint FATTR_MTIME_NOW = 1 << 8;
    public const uint FATTR_CTIME = 1 << 10;
    public const uint FATTR_KILL_SUIDGID = 1 << 11;

    public const uint FOPEN_DIRECT_IO = 1 << 0;
    public const uint FOPEN_KEEP_CACHE = 1 << 1;
    public const uint FOPEN_CACHE_DIR = 1 << 3;
    public const uint FOPEN_NOFLUSH = 1 << 5;
    public const uint FOPEN_PARALLEL_DIRECT_WRITES = 1 << 6;

    [Since("6.9")]
    public const uint FOPEN_PASSTHROUGH = 1 << 7;

    public const uint FUSE_ASYNC_READ = 1 << 0;
    public const uint FUSE_EXPORT_SUPPORT = 1 << 4;
    public const uint FUSE_BIG_WRITES = 1 << 5;
    public const uint FUSE_DONT_MASK = 1 << 6;
    public const uint FUSE_AUTO_INVAL_DATA = 1 << 12;
    public const uint FUSE_EXPLICIT_INVAL_DATA = 1 << 25;
    public const uint FUSE_DO_READDIRPLUS = 1 << 13;
    public const uint FUSE_READDIRPLUS_AUTO = 1 << 14;
    public const uint FUSE_ASYNC_DIO = 1 << 15;
    public const uint FUSE_PARALLEL_DIROPS = 1 << 18;
    public const uint FUSE_POSIX_ACL = 1 << 20;
    public const uint FUSE_MAX_PAGES = 1 << 22;
    public const uint FUSE_HANDLE_KILLPRIV_V2 = 1 << 28;
    public const uint FUSE_SETXATTR_EXT = 1 << 29;
    public const uint FUSE_INIT_EXT = 1 << 30;

    [Since("6.9")]
    public const ulong FUSE_PASSTHROUGH = 1UL << 37;

    public const uint FUSE_GETATTR_FH = 1 << 0;
    public const uint FUSE_WRITE_CACHE = 1 << 0;
    public const uint FUSE_READ_LOCKOWNER = 1 << 1;
    public const uint FUSE_WRITE_KILL_SUIDGID = 1 << 2;
    public const uint FUSE_FSYNC_FDATASYNC = 1 << 0;
    public const uint FUSE_OPEN_KILL_SUIDGID = 1 << 0;
    public const uint FUSE_SETXATTR_ACL_KILL_SGID = 1 << 0;

    public const uint FUSE_LOOKUP = 1;
    public const uint FUSE_FORGET = 2;
    public const uint FUSE_GETATTR = 3;
    public const uint FUSE_SETATTR = 4;
    public const uint FUSE_READLINK = 5;
    public const uint FUSE_SYMLINK = 6;
    public const uint FUSE_MKNOD = 8;
    public const uint FUSE_MKDIR = 9;
    public const uint FUSE_UNLINK = 10;
    public const uint FUSE_RMDIR = 11;
    public const uint FUSE_RENAME = 12;
    public const uint FUSE_LINK = 13;
    public const uint FUSE_OPEN = 14;
    public const uint FUSE_READ = 15;
    public const uint FUSE_WRITE = 16;
    public const uint FUSE_STATFS = 17;
    public const uint FUSE_RELEASE = 18;
    public const uint FUSE_FSYNC = 20;
    public const uint FUSE_SETXATTR = 21;
    public const uint FUSE_GETXATTR = 22;
    public const uint FUSE_LISTXATTR = 23;
    public const uint FUSE_REMOVEXATTR = 24;
    public const uint FUSE_FLUSH = 25;
    public const uint FUSE_INIT = 26;
    public const uint FUSE_OPENDIR = 27;
    public const uint FUSE_READDIR = 28;
    public const uint FUSE_RELEASEDIR = 29;
    public const uint FUSE_FSYNCDIR = 30;
    public const uint FUSE_GETLK = 31;
    public const uint FUSE_SETLK = 32;
    public const uint FUSE_SETLKW = 33;
    public const uint FUSE_ACCESS = 34;
    public const uint FUSE_CREATE = 35;
    public const uint FUSE_INTERRUPT = 36;
    public const uint FUSE_BMAP = 37;
    public const uint FUSE_DESTROY = 38;
    public const uint FUSE_IOCTL = 39;
    public const uint FUSE_POLL = 40;
    public const uint FUSE_NOTIFY_REPLY = 41;
    public const uint FUSE_BATCH_FORGET = 42;
    public const uint FUSE_FALLOCATE = 43;
    public const uint FUSE_READDIRPLUS = 44;
    public const uint FUSE_RENAME2 = 45;
    public const uint FUSE_LSEEK = 46;
    public const uint FUSE_COPY_FILE_RANGE = 47;
    public const uint FUSE_SETUPMAPPING = 48;
    public const uint FUSE_REMOVEMAPPING = 49;
    public const uint FUSE_SYNCFS = 50;
    public const uint FUSE_TMPFILE = 51;

    // _IOW(229, 1, struct fuse_backing_map), _IOW(229, 2, uint32_t)
    [Since("6.9")]
    public const uint FUSE_DEV_IOC_BACKING_OPEN = 0x4010e501;

    [Since("6.9")]
    public const uint FUSE_DEV_IOC_BACKING_CLOSE = 0x4004e502;
}

[CHeader("linux/fuse.h")]
public struct fuse_attr
{
    public ulong ino;
    public ulong size;
    public ulong blocks;
    public ulong atime;
    public ulong mtime;
    public ulong ctime;
    public uint atimensec;
    public uint mtimensec;
    public uint ctimensec;
    public uint mode;
    public uint nlink;
    public uint uid;
    public uint gid;
    public uint rdev;
    public uint blksize;
    public uint flags;
}

[CHeader("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential, Size = 80)]
public struct fuse_kstatfs
{
    public ulong blocks;
    public ulong bfree;
    public ulong bavail;
    public ulong files;
    public ulong ffree;
    public uint bsize;
    public uint namelen;
    public uint frsize;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_entry_out
{
    public ulong nodeid;
    public ulong generation;
    public ulong entry_valid;
    public ulong attr_valid;
    public uint entry_valid_nsec;
    public uint attr_valid_nsec;
    public fuse_attr attr;
}

[CHeader("linux/fuse.h")]
public struct fuse_forget_in
{
    public ulong nlookup;
}

[CHeader("linux/fuse.h")]
public struct fuse_forget_one
{
    public ulong nodeid;
    public ulong nlookup;
}

[CHeader("linux/fuse.h")]
public struct fuse_batch_forget_in
{
    public uint count;
    public uint dummy;
}

[CHeader("linux/fuse.h")]
public struct fuse_getattr_in
{
    public uint getattr_flags;
    public uint dummy;
    public ulong fh;
}

[CHeader("linux/fuse.h")]
public struct fuse_attr_out
{
    public ulong attr_valid;
    public uint attr_valid_nsec;
    public uint dummy;
    public fuse_attr attr;
}

[CHeader("linux/fuse.h")]
public struct fuse_mknod_in
{
    public uint mode;
    public uint rdev;
    public uint umask;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_mkdir_in
{
    public uint mode;
    public uint umask;
}

[CHeader("linux/fuse.h")]
public struct fuse_rename_in
{
    public ulong newdir;
}

[CHeader("linux/fuse.h")]
public struct fuse_rename2_in
{
    public ulong newdir;
    public uint flags;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_link_in
{
    public ulong oldnodeid;
}

[CHeader("linux/fuse.h")]
public struct fuse_setattr_in
{
    public uint valid;
    public uint padding;
    public ulong fh;
    public ulong size;
    public ulong lock_owner;
    public ulong atime;
    public ulong mtime;
    public ulong ctime;
    public uint atimensec;
    public uint mtimensec;
    public uint ctimensec;
    public uint mode;
    public uint unused4;
    public uint uid;
    public uint gid;
    public uint unused5;
}

[CHeader("linux/fuse.h")]
public struct fuse_open_in
{
    public uint flags;
    public uint open_flags;
}

[CHeader("linux/fuse.h")]
public struct fuse_create_in
{
    public uint flags;
    public uint mode;
    public uint umask;
    public uint open_flags;
}

[CHeader("linux/fuse.h")]
public struct fuse_open_out
{
    public ulong fh;
    public uint open_flags;

    [Since("6.9")]
    public int backing_id;
}

[CHeader("linux/fuse.h")]
public struct fuse_release_in
{
    public ulong fh;
    public uint flags;
    public uint release_flags;
    public ulong lock_owner;
}

[CHeader("linux/fuse.h")]
public struct fuse_read_in
{
    public ulong fh;
    public ulong offset;
    public uint size;
    public uint read_flags;
    public ulong lock_owner;
    public uint flags;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_write_in
{
    public ulong fh;
    public ulong offset;
    public uint size;
    public uint write_flags;
    public ulong lock_owner;
    public uint flags;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_write_out
{
    public uint size;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_statfs_out
{
    public fuse_kstatfs st;
}

[CHeader("linux/fuse.h")]
public struct fuse_fsync_in
{
    public ulong fh;
    public uint fsync_flags;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_setxattr_in
{
    public uint size;
    public uint flags;
    public uint setxattr_flags;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_getxattr_in
{
    public uint size;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_getxattr_out
{
    public uint size;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_access_in
{
    public uint mask;
    public uint padding;
}

[CHeader("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential, Size = 64)]
public struct fuse_init_in
{
    public uint major;
    public uint minor;
    public uint max_readahead;
    public uint flags;
    public uint flags2;
}

[CHeader("linux/fuse.h")]
[StructLayout(LayoutKind.Sequential, Size = 64)]
public struct fuse_init_out
{
    public uint major;
    public uint minor;
    public uint max_readahead;
    public uint flags;
    public ushort max_background;
    public ushort congestion_threshold;
    public uint max_write;
    public uint time_gran;
    public ushort max_pages;
    public ushort map_alignment;
    public uint flags2;

    [Since("6.9")]
    public uint max_stack_depth;
}

[CHeader("linux/fuse.h")]
public struct fuse_interrupt_in
{
    public ulong unique;
}

[CHeader("linux/fuse.h")]
public struct fuse_fallocate_in
{
    public ulong fh;
    public ulong offset;
    public ulong length;
    public uint mode;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_in_header
{
    public uint len;
    public uint opcode;
    public ulong unique;
    public ulong nodeid;
    public uint uid;
    public uint gid;
    public uint pid;
    public ushort total_extlen;
    public ushort padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_out_header
{
    public uint len;
    public int error;
    public ulong unique;
}

[CHeader("linux/fuse.h")]
public struct fuse_dirent
{
    public ulong ino;
    public ulong off;
    public uint namelen;
    public uint type;
}

[CHeader("linux/fuse.h")]
public struct fuse_lseek_in
{
    public ulong fh;
    public ulong offset;
    public uint whence;
    public uint padding;
}

[CHeader("linux/fuse.h")]
public struct fuse_lseek_out
{
    public ulong offset;
}

[CHeader("linux/fuse.h")]
public struct fuse_copy_file_range_in
{
    public ulong fh_in;
    public ulong off_in;
    public ulong nodeid_out;
    public ulong fh_out;
    public ulong off_out;
    public ulong len;
    public ulong flags;
}

[CHeader("linux/fuse.h")]
[Since("6.9")]
public struct fuse_backing_map
{
    public int fd;
    public uint flags;
    public ulong padding;
}
