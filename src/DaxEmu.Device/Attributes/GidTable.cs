using System.Net;
using System.Net.Sockets;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>
/// The port's GIDs, laid out as a RoCE card's: link-local for RoCE v1 and v2, then the IPv4 address, mapped, for v1 and v2, then
/// empty entries up to the table's length, each of which can be queried.
/// </summary>
public sealed class GidTable
{
    private readonly Gid[] _gids;

    /// <summary>Makes the table.</summary>
    /// <param name="hardwareAddress">48 bits.</param>
    /// <param name="address">IPv4.</param>
    /// <param name="length">Entries, at least 4.</param>
    public GidTable(ulong hardwareAddress, IPAddress address, int length)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 4);
        ArgumentOutOfRangeException.ThrowIfNotEqual(address.AddressFamily, AddressFamily.InterNetwork);
        Guid = ToGuid(hardwareAddress);
        _gids = new Gid[length];
        _gids[0] = _gids[1] = new Gid(((UInt128)0xfe80_0000_0000_0000 << 64) | Guid);
        _gids[2] = _gids[3] = Gid.FromBytes(address.MapToIPv6().GetAddressBytes());
    }

    /// <summary>node_guid: the hardware address as an EUI-64.</summary>
    public ulong Guid { get; }

    /// <summary>The entries.</summary>
    public ReadOnlySpan<Gid> Entries => _gids;

    /// <summary>The type of an entry, as gid_attrs/types shows it; null for an empty one.</summary>
    /// <param name="index">Below the length.</param>
    public string? TypeOf(int index) => _gids[index].IsEmpty ? null : index % 2 == 0 ? "IB/RoCE v1" : "RoCE v2";

    // RFC 4291, appendix A: ff:fe in the middle, and the universal/local bit turned over.
    private static ulong ToGuid(ulong hardwareAddress) =>
        ((hardwareAddress >> 24) << 40 | 0xff_fe00_0000 | (hardwareAddress & 0xff_ffff)) ^ 0x0200_0000_0000_0000;
}
