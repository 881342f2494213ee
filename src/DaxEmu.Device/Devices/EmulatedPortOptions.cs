using System.Net;

namespace DaxEmu.Device;

/// <summary>A port of an emulated device.</summary>
public sealed record EmulatedPortOptions
{
    /// <summary>
    /// IPv4 and IPv6 addresses, each a pair of entries of the port's GID table from index 2 on, RoCE v1 and v2. IPv4 ones should come first:
    /// programs look for those at 2 and 3.
    /// </summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [IPAddress.Loopback];

    /// <summary>
    /// Name of the network interface that sysfs shows for the port: one that exists and holds <see cref="Addresses"/>, as programs look
    /// its index and addresses up.
    /// </summary>
    public string NetworkInterface { get; init; } = "lo";

    /// <summary>False: the port is down, and has no GIDs.</summary>
    public bool IsActive { get; init; } = true;
}
