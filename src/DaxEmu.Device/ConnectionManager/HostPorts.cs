using System.Net;
using System.Net.Sockets;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// All devices are on this machine, and so is every peer: an address that is in a GID table leads to that port, and every other one of the
/// machine to the port for loopback.
/// </summary>
internal sealed class HostPorts : ICmPorts
{
    // The first entry for an address, after the link-local ones, for RoCE v2, which the kernel's connection manager prefers
    // (CMA_PREFERRED_ROCE_GID_TYPE).
    private const byte FirstAddress = 3;

    private readonly EmulatedDevices _devices;

    /// <summary>Takes the devices.</summary>
    public HostPorts(EmulatedDevices devices)
    {
        _devices = devices;
        Loopback = devices.WithAddress(IPAddress.Loopback) is { } owner ? PortOf(owner) : FirstActive(devices);
    }

    /// <inheritdoc/>
    public CmPort? Loopback { get; }

    /// <inheritdoc/>
    public int Find(CmAddress address, out CmPort? port)
    {
        IPAddress host = address.ToIPAddress();
        if (_devices.WithAddress(host) is { } owner)
        {
            port = PortOf(owner);
            return 0;
        }

        bool isLoopback = IPAddress.IsLoopback(host.IsIPv4MappedToIPv6 ? host.MapToIPv4() : host);
        port = isLoopback || IsOfThisMachine(host) ? Loopback : null;
        return port is not null ? 0 : isLoopback ? ENODEV : EADDRNOTAVAIL;
    }

    // bind(2) is the one call that asks just this, and sees addresses that came a moment ago.
    private static bool IsOfThisMachine(IPAddress host)
    {
        try
        {
            using Socket probe = new(host.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(new IPEndPoint(host, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static CmPort? FirstActive(EmulatedDevices devices)
    {
        foreach (EmulatedDevice device in devices.All)
        {
            if (device.Ports.FirstOrDefault(p => p.Options.IsActive) is { } port)
            {
                return PortOf(new PortAddress(device, port, port.Options.Addresses.Count == 0 ? (byte)1 : FirstAddress));
            }
        }

        return null;
    }

    private static CmPort PortOf(PortAddress owner) => new(
        owner.Device.Index, owner.Port.Number, owner.GidIndex, owner.Port.Gids.Entries[owner.GidIndex], owner.Device.NodeGuid);
}
