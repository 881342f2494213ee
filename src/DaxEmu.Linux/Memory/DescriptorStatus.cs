using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_magic;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Linux.Memory;

/// <summary>What an open descriptor refers to and may be used for: statx(2) and fcntl(2) F_GETFL.</summary>
/// <param name="Device">st_dev, as <c>makedev(3)</c> packs it.</param>
/// <param name="Inode">st_ino.</param>
/// <param name="Size">st_size in bytes.</param>
/// <param name="Mode">st_mode: file type and permissions.</param>
/// <param name="Links">st_nlink; 0 when no name is left.</param>
/// <param name="IsDax">STATX_ATTR_DAX: accesses bypass the page cache.</param>
/// <param name="OpenFlags">The descriptor's access mode and status flags.</param>
public readonly record struct DescriptorStatus(
    ulong Device, ulong Inode, ulong Size, uint Mode, uint Links, bool IsDax, int OpenFlags)
{
    // Not in linux/magic.h: fs/bcachefs/bcachefs_format.h, and OpenZFS's ZFS_SUPER_MAGIC.
    private const long BcachefsMagic = 0xca451a4e;
    private const long ZfsMagic = 0x2fc12fc1;

    /// <summary>st_uid: who owns the file.</summary>
    public uint Owner { get; init; }

    /// <summary>True for a regular file, which a memfd is too.</summary>
    public bool IsRegularFile => (Mode & S_IFMT) == S_IFREG;

    /// <summary>True when the descriptor only names a file (O_PATH) and can neither be read, written nor mapped.</summary>
    public bool IsPathOnly => (OpenFlags & O_PATH) != 0;

    /// <summary>True when the descriptor may be read through.</summary>
    public bool CanRead => !IsPathOnly && (OpenFlags & O_ACCMODE) is O_RDONLY or O_RDWR;

    /// <summary>True when the descriptor may be written through.</summary>
    public bool CanWrite => !IsPathOnly && (OpenFlags & O_ACCMODE) is O_WRONLY or O_RDWR;

    /// <summary>Asks the kernel.</summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">fcntl(2) or statx(2) failed.</exception>
    public static unsafe DescriptorStatus Of(SafeFileHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        int flags = MemoryCalls.Fcntl(descriptor, F_GETFL, 0);
        if (flags < 0)
        {
            throw LinuxException.FromLastError("fcntl(F_GETFL)");
        }

        statx status;
        if (MemoryCalls.Statx(descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) != 0)
        {
            throw LinuxException.FromLastError("statx(AT_EMPTY_PATH)");
        }

        return new DescriptorStatus(
            PackDevice(status.stx_dev_major, status.stx_dev_minor),
            status.stx_ino,
            status.stx_size,
            status.stx_mode,
            status.stx_nlink,
            (status.stx_attributes & STATX_ATTR_DAX) != 0,
            flags)
        {
            Owner = status.stx_uid,
        };
    }

    /// <summary>True for a file of a filesystem in memory (tmpfs, hugetlbfs), which a memfd's is too: fstatfs(2).</summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">fstatfs(2) failed.</exception>
    public static bool IsInMemory(SafeFileHandle descriptor) => FilesystemOf(descriptor) is TMPFS_MAGIC or HUGETLBFS_MAGIC;

    /// <summary>True for a file whose pages a server brings, a program (FUSE) or another machine: it decides how long a page fault takes.</summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">fstatfs(2) failed.</exception>
    public static bool IsServed(SafeFileHandle descriptor) => FilesystemOf(descriptor) is FUSE_SUPER_MAGIC or NFS_SUPER_MAGIC
        or CIFS_SUPER_MAGIC or SMB2_SUPER_MAGIC or CEPH_SUPER_MAGIC or V9FS_MAGIC or AFS_FS_MAGIC;

    /// <summary>A duplicate of the descriptor, which the caller disposes.</summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">EMFILE.</exception>
    public static SafeFileHandle Duplicate(SafeFileHandle descriptor)
    {
        int duplicate = MemoryCalls.Fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
        return duplicate >= 0 ? new SafeFileHandle(duplicate, ownsHandle: true) : throw LinuxException.FromLastError("fcntl(F_DUPFD_CLOEXEC)");
    }

    /// <summary>True for a file of a filesystem that writes every block to a new place, unless told otherwise for the file: fstatfs(2).</summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">fstatfs(2) failed.</exception>
    public static bool MovesBlocks(SafeFileHandle descriptor) =>
        FilesystemOf(descriptor) is BTRFS_SUPER_MAGIC or F2FS_SUPER_MAGIC or NILFS_SUPER_MAGIC or BcachefsMagic or ZfsMagic;

    /// <summary>True for a file of a filesystem that may carry out copy_file_range(2) by sharing blocks: any but those known not to.</summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">fstatfs(2) failed.</exception>
    public static bool MayShareBlocks(SafeFileHandle descriptor) => FilesystemOf(descriptor) is not EXT4_SUPER_MAGIC;

    /// <summary>
    /// True for a file of a filesystem known to leave a written block where it is until somebody asks for something else: fstatfs(2).
    /// </summary>
    /// <param name="descriptor">Any open descriptor.</param>
    /// <exception cref="LinuxException">fstatfs(2) failed.</exception>
    public static bool KeepsBlocks(SafeFileHandle descriptor) => FilesystemOf(descriptor) is EXT4_SUPER_MAGIC or XFS_SUPER_MAGIC;

    /// <summary>
    /// The name the kernel has for an open descriptor, such as <c>/vol/f</c>, <c>/memfd:x (deleted)</c>; for messages only.
    /// </summary>
    /// <param name="descriptor">Any open descriptor.</param>
    public static string NameOf(SafeFileHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        string link = $"/proc/self/fd/{descriptor.DangerousGetHandle()}";
        string? name = File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        return name ?? link;
    }

    internal static unsafe long FilesystemOf(SafeFileHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);

        // struct statfs begins with f_type, a long, on every 64-bit machine; 256 bytes hold any of them.
        long* status = stackalloc long[32];
        return MemoryCalls.Fstatfs(descriptor, status) == 0 ? status[0] : throw LinuxException.FromLastError("fstatfs()");
    }

    // glibc's gnu_dev_makedev: the form that stat(2) fills st_dev with.
    private static ulong PackDevice(uint major, uint minor) =>
        ((ulong)(major & 0xfff) << 8) | ((ulong)(major & ~0xfffu) << 32) | (minor & 0xff) | ((ulong)(minor & ~0xffu) << 12);
}
