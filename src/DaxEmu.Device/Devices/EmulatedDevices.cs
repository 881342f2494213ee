using System.Net;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>The devices of a server, and who of them has an address.</summary>
public sealed class EmulatedDevices
{
    /// <summary>Most devices: IB_UVERBS_MAX_DEVICES of the kernel, whose device files have numbers of their own.</summary>
    public const int Most = 32;

    /// <summary>Makes the devices.</summary>
    /// <param name="options">1 to <see cref="Most"/>, each name once.</param>
    /// <param name="nic">The limits of the NIC that they are views on.</param>
    public EmulatedDevices(IReadOnlyList<EmulatedDeviceOptions> options, NicOptions nic)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfZero(options.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Count, Most);
        All = [.. options.Select((device, index) => new EmulatedDevice(index, device, nic))];
    }

    /// <summary>All, the device file's number being the index.</summary>
    public IReadOnlyList<EmulatedDevice> All { get; }

    /// <summary>The device with a device file's path; null when there is none.</summary>
    /// <param name="path">Such as <c>/dev/infiniband/uverbs0</c>.</param>
    public EmulatedDevice? AtPath(string path) => All.FirstOrDefault(device => device.Path == path);

    /// <summary>
    /// Who has an IP address, as the kernel's rdma_cm finds the device that an address belongs to: the RoCE v2 entry of the first port that
    /// is active; null when no device has it.
    /// </summary>
    /// <param name="address">IPv4 or IPv6; a mapped IPv4 address counts as that.</param>
    public PortAddress? WithAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return WithGid(Gid.FromBytes(address.MapToIPv6().GetAddressBytes()));
    }

    /// <summary>Who has a GID: its last entry, which is RoCE v2, of the first port that has it; null when no device has it.</summary>
    /// <param name="gid">Not empty.</param>
    public PortAddress? WithGid(Gid gid)
    {
        foreach (EmulatedDevice device in All)
        {
            foreach (EmulatedPort port in device.Ports)
            {
                int index = gid.IsEmpty ? -1 : port.Gids.Entries.LastIndexOf(gid);
                if (index >= 0)
                {
                    return new PortAddress(device, port, (byte)index);
                }
            }
        }

        return null;
    }
}
