using System.Net;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>
/// A port's GIDs, laid out as a RoCE card's: link-local for RoCE v1 and v2, then each address, IPv4 ones mapped, for v1 and v2, then
/// empty entries up to the table's length, each of which can be queried.
/// </summary>
public sealed class GidTable
{
    private readonly Gid[] _gids;

    /// <summary>Makes the table.</summary>
    /// <param name="hardwareAddress">48 bits.</param>
    /// <param name="addresses">IPv4 and IPv6.</param>
    /// <param name="length">Entries: at least <see cref="LengthFor"/> the addresses, at most 256.</param>
    /// <param name="isActive">False leaves all entries empty: a port that is down has lost its addresses.</param>
    public GidTable(ulong hardwareAddress, IReadOnlyList<IPAddress> addresses, int length, bool isActive = true)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, LengthFor(addresses.Count));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, byte.MaxValue + 1);
        _gids = new Gid[length];
        if (!isActive)
        {
            return;
        }

        _gids[0] = _gids[1] = new Gid(((UInt128)0xfe80_0000_0000_0000 << 64) | GuidOf(hardwareAddress));
        for (int i = 0; i < addresses.Count; i++)
        {
            int index = LengthFor(i);
            _gids[index] = _gids[index + 1] = Gid.FromBytes(addresses[i].MapToIPv6().GetAddressBytes());
        }
    }

    /// <summary>The entries.</summary>
    public ReadOnlySpan<Gid> Entries => _gids;

    /// <summary>Entries that a number of addresses takes.</summary>
    /// <param name="addresses">How many.</param>
    public static int LengthFor(int addresses) => 2 + (2 * addresses);

    /// <summary>A hardware address as an EUI-64: RFC 4291, appendix A, ff:fe in the middle and the universal/local bit turned over.</summary>
    /// <param name="hardwareAddress">48 bits.</param>
    public static ulong GuidOf(ulong hardwareAddress) =>
        ((hardwareAddress >> 24) << 40 | 0xff_fe00_0000 | (hardwareAddress & 0xff_ffff)) ^ 0x0200_0000_0000_0000;

    /// <summary>The type of an entry, as gid_attrs/types shows it; null for an empty one.</summary>
    /// <param name="index">Below the length.</param>
    public string? TypeOf(int index) => _gids[index].IsEmpty ? null : IsVersion2(index) ? "RoCE v2" : "IB/RoCE v1";

    /// <summary>True when an entry is RoCE v2's, false when it is v1's.</summary>
    /// <param name="index">Below the length.</param>
    public static bool IsVersion2(int index) => index % 2 == 1;
}
