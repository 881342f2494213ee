using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace DaxEmu.Client;

/// <summary>
/// What a peer must know to connect a queue pair to this one. The two programs exchange it by any means; as text, which
/// <see cref="Parse"/> reads back, it is <c>qpn,psn,gid</c>, the numbers in hexadecimal.
/// </summary>
/// <param name="QueuePairNumber">Number of the queue pair, 24 bits.</param>
/// <param name="PacketSequenceNumber">Sequence number of the first packet that it will send, 24 bits.</param>
/// <param name="Gid">Address of its port.</param>
public readonly record struct QueuePairAddress(uint QueuePairNumber, uint PacketSequenceNumber, Gid Gid) : IParsable<QueuePairAddress>
{
    private const uint Max24Bits = 0xffffff;

    /// <summary><c>qpn,psn,gid</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{QueuePairNumber:x},{PacketSequenceNumber:x},{Gid}");

    /// <inheritdoc/>
    public static QueuePairAddress Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out QueuePairAddress address) ? address : throw new FormatException($"'{s}' is not qpn,psn,gid");

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out QueuePairAddress result)
    {
        result = default;
        const NumberStyles hex = NumberStyles.AllowHexSpecifier;
        if (s?.Split(',') is not [string qpn, string psn, string address]
            || !uint.TryParse(qpn, hex, CultureInfo.InvariantCulture, out uint number) || number > Max24Bits
            || !uint.TryParse(psn, hex, CultureInfo.InvariantCulture, out uint first) || first > Max24Bits
            || !Gid.TryParse(address, provider, out Gid gid))
        {
            return false;
        }

        result = new QueuePairAddress(number, first, gid);
        return true;
    }
}
