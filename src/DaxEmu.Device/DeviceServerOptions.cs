using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Processes;
using DaxEmu.Linux.Sockets;

namespace DaxEmu.Device;

/// <summary>
/// What devices there are, and how much of them one client may take. Exceeding a limit answers with the errno that is named.
/// </summary>
public sealed record DeviceServerOptions
{
    /// <summary>The socket that clients connect to; a leading '@' means the abstract namespace.</summary>
    public required string SocketPath { get; init; }

    /// <summary>Permissions of the socket file: who may use the device.</summary>
    public UnixFileMode SocketMode { get; init; } = SeqPacketListener.OwnerOnly;

    /// <summary>The devices: 1 to <see cref="EmulatedDevices.Most"/>, each name once.</summary>
    public IReadOnlyList<EmulatedDeviceOptions> Devices { get; init; } = [new()];

    /// <summary>Open device files in all; one more is ENFILE.</summary>
    public int MaxSessions { get; init; } = 4096;

    /// <summary>Open device files of one user; one more is EMFILE.</summary>
    public int MaxSessionsPerUser { get; init; } = 1024;

    /// <summary>Protection domains, regions, completion queues and channels, and queue pairs of one user; one more is ENOMEM.</summary>
    public int MaxObjectsPerUser { get; init; } = 65536;

    /// <summary>Bytes of rings of one user; more is ENOMEM.</summary>
    public long MaxRingBytesPerUser { get; init; } = 1L << 30;

    /// <summary>
    /// Bytes of the memory regions of one user, each of which takes up the daemon's address space; more is ENOMEM.
    /// </summary>
    public long MaxRegisteredBytesPerUser { get; init; } = 1L << 45;

    /// <summary>
    /// How much memory a process may register, by its id, such as <see cref="MemoryLockLimit.Of"/>: more is ENOMEM, as in the kernel. Null: any
    /// amount.
    /// </summary>
    public Func<int, MemoryLockLimit>? MemoryLock { get; init; }

    /// <summary>
    /// Memory mappings for rings, regions and doorbells of all users together, and at most four fifths of it for one; more is ENOMEM. By
    /// default what vm.max_map_count allows the daemon, less a reserve for its own.
    /// </summary>
    public int MaxMappings { get; init; } = MappingLimit.Usable;

    /// <summary>Events kept for all channels of one user that their clients do not read; further ones are lost, with a log line.</summary>
    public int MaxEventBacklogPerUser { get; init; } = 262144;

    /// <summary>Event channels of one open device file, each of which costs the daemon two descriptors; one more is EMFILE.</summary>
    public int MaxChannelsPerSession { get; init; } = 256;

    /// <summary>Events kept for one channel that its client does not read; further ones are lost, with a log line.</summary>
    public int MaxEventBacklog { get; init; } = 65536;

    /// <summary>Stack of a session's thread in bytes; the deepest path through it needs about a tenth.</summary>
    public int SessionStackBytes { get; init; } = 256 * 1024;
}
