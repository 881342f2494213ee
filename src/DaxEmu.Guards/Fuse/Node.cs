using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards.Fuse;

/// <summary>A file that the kernel knows, by an O_PATH descriptor: names may change, the descriptor still means it.</summary>
internal sealed class Node(ulong id, FileIdentity identity, ulong shownInode, uint mode, SafeFileHandle handle)
{
    private int _lateFailure;
    private HeldPages? _held;

    /// <summary>The number that requests name it by; never used for another file.</summary>
    internal ulong Id => id;

    internal FileIdentity Identity => identity;

    /// <summary>st_ino on the mount.</summary>
    internal ulong ShownInode => shownInode;

    /// <summary>O_PATH descriptor of the backing file. While it is open the inode number cannot be used for another file.</summary>
    internal SafeFileHandle Handle => handle;

    internal bool IsRegular => (mode & S_IFMT) == S_IFREG;

    internal bool IsSymbolicLink => (mode & S_IFMT) == S_IFLNK;

    /// <summary>References the kernel holds (entry replies less forgets). Guarded by the table.</summary>
    internal ulong Lookups { get; set; }

    /// <summary>References this process holds: pins and resolved descriptors. Guarded by the table.</summary>
    internal int Holds { get; set; }

    /// <summary>
    /// Guards what follows. The thread that lets other accesses to the file go on takes it too: who has it touches no content of a file.
    /// </summary>
    internal Lock Gate { get; } = new();

    /// <summary>Open files on the mount.</summary>
    internal int Opens { get; set; }

    /// <summary>
    /// Threads that open it so that they could punch holes through a mapping, and whose open file the kernel has yet to make; one entry for each.
    /// </summary>
    internal List<int> Opening { get; } = [];

    /// <summary>The kernel's id of the backing file, shared by all opens as the kernel demands; 0 when there is none.</summary>
    internal int BackingId { get; set; }

    /// <summary>Errno of a write that failed after the kernel had been told of its success; 0 for none. The next fsync(2) takes it.</summary>
    internal int LateFailure
    {
        get => Volatile.Read(ref _lateFailure);
        set => Volatile.Write(ref _lateFailure, value);
    }

    /// <summary>The mount has pages of its own of it, because it is not passed through; as it was last opened.</summary>
    internal bool IsCached { get; set; }

    /// <summary>Pins on the file, as reported to the guard.</summary>
    internal int Pins { get; set; }

    /// <summary>Takes <see cref="LateFailure"/>.</summary>
    internal int TakeLateFailure() => Interlocked.Exchange(ref _lateFailure, 0);

    /// <summary>
    /// What is held back of its pages; null while no region has pinned it, and while its contents are passed through.
    /// </summary>
    internal HeldPages? Held
    {
        get => Volatile.Read(ref _held);
        set => Volatile.Write(ref _held, value);
    }

    /// <summary>How it is watched for punches through mappings.</summary>
    internal PunchWatch Watch { get; set; }
}
