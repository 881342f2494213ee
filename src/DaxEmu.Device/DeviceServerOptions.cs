using System.Net;
using DaxEmu.Linux.Sockets;

namespace DaxEmu.Device;

/// <summary>
/// What the device is called and how much of it one client may take. Exceeding a limit answers with the errno that is named.
/// </summary>
public sealed record DeviceServerOptions
{
    /// <summary>The socket that clients connect to; a leading '@' means the abstract namespace.</summary>
    public required string SocketPath { get; init; }

    /// <summary>Permissions of the socket file: who may use the device.</summary>
    public UnixFileMode SocketMode { get; init; } = SeqPacketListener.OwnerOnly;

    /// <summary>Name of the device; the rxe provider recognises <c>rxe*</c>.</summary>
    public string Name { get; init; } = "rxe0";

    /// <summary>IPv4 address of the port: GIDs 2 and 3 are its mapped form.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>
    /// Name of the network interface that sysfs shows for the port: one that exists and holds <see cref="Address"/>, as programs look its
    /// index and addresses up.
    /// </summary>
    public string NetworkInterface { get; init; } = "lo";

    /// <summary>The port's and the link-local GIDs' hardware address, 48 bits; locally administered.</summary>
    public ulong HardwareAddress { get; init; } = 0x02_da_7e_40_00_01;

    /// <summary>vendor_part_id of ibv_query_device(3): some programs choose features by it.</summary>
    public uint VendorPartId { get; init; }

    /// <summary>Entries of the port's GID table.</summary>
    public int GidTableLength { get; init; } = 16;

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

    /// <summary>Event channels of one open device file, each of which costs the daemon two descriptors; one more is EMFILE.</summary>
    public int MaxChannelsPerSession { get; init; } = 256;

    /// <summary>Events kept for one channel that its client does not read; further ones are lost, with a log line.</summary>
    public int MaxEventBacklog { get; init; } = 65536;

    /// <summary>Stack of a session's thread in bytes; the deepest path through it needs about a tenth.</summary>
    public int SessionStackBytes { get; init; } = 256 * 1024;
}
