using System.Buffers.Binary;

namespace DaxEmu.Nic;

/// <summary>
/// The 40 bytes in front of a received datagram, as RoCE v2 leaves them there (RoCE v2 annex A17.4.5.2): an IPv6 header, or 20 bytes of
/// zeros and an IPv4 header.
/// </summary>
internal static class NetworkHeader
{
    /// <summary>Bytes of it: sizeof(struct ibv_grh).</summary>
    public const int Length = 40;

    /// <summary>The sl of a completion that says which it is: bit 3, and the kernel's enum rdma_network_type.</summary>
    public const byte IPv4ServiceLevel = 8 | 2;

    /// <summary>Likewise for IPv6.</summary>
    public const byte IPv6ServiceLevel = 8 | 1;

    private const int IPv4Length = 20;
    private const byte Udp = 17;

    // What stands between the network header and the data, and behind: UDP, BTH, DETH; ICRC.
    private const uint TransportBytes = 8 + 12 + 8 + 4;
    private const uint ImmediateBytes = 4;

    /// <summary>Writes it.</summary>
    /// <param name="header">40 bytes of zeros.</param>
    /// <param name="route">Whence and whither.</param>
    /// <param name="dataBytes">Bytes of the datagram.</param>
    /// <param name="hasImmediate">It carries immediate data.</param>
    public static void Write(Span<byte> header, in Route route, uint dataBytes, bool hasImmediate)
    {
        uint padded = (dataBytes + 3) & ~3U;
        ushort payload = (ushort)(TransportBytes + (hasImmediate ? ImmediateBytes : 0) + padded);
        if (route.IsIPv4)
        {
            WriteIPv4(header[(Length - IPv4Length)..], route, payload);
            return;
        }

        uint first = (6U << 28) | ((uint)route.TrafficClass << 20) | (route.FlowLabel & 0xf_ffff);
        BinaryPrimitives.WriteUInt32BigEndian(header, first);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], payload);
        header[6] = Udp;
        header[7] = route.HopLimit;
        route.Source.CopyTo(header[8..]);
        route.Destination.CopyTo(header[24..]);
    }

    // RFC 791, without options.
    private static void WriteIPv4(Span<byte> header, in Route route, ushort payload)
    {
        const ushort DoNotFragment = 0x4000;
        header[0] = 0x45;
        header[1] = route.TrafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)(IPv4Length + payload));
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], DoNotFragment);
        header[8] = route.HopLimit;
        header[9] = Udp;
        BinaryPrimitives.WriteUInt32BigEndian(header[12..], (uint)route.Source.Value);
        BinaryPrimitives.WriteUInt32BigEndian(header[16..], (uint)route.Destination.Value);
        uint sum = 0;
        for (int i = 0; i < IPv4Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(header[i..]);
        }

        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], (ushort)~sum);
    }
}
