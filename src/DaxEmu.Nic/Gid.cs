using System.Buffers.Binary;

namespace DaxEmu.Nic;

/// <summary>A global identifier (union ibv_gid): 16 bytes in network order, an IPv6 address on RoCE v2.</summary>
/// <param name="Value">The bytes as one big-endian number.</param>
public readonly record struct Gid(UInt128 Value)
{
    /// <summary>True for all zeros: an empty entry of a GID table.</summary>
    public bool IsEmpty => Value == UInt128.Zero;

    /// <summary>True for an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), which stands for the IPv4 address.</summary>
    public bool IsIPv4 => Value >> 32 == 0xffff;

    /// <summary>True for the GID of a multicast group: an IPv6 multicast address, or an IPv4 one, mapped.</summary>
    public bool IsMulticast => Value >> 120 == 0xff || (IsIPv4 && (uint)Value >> 28 == 0xe);

    /// <summary>An IPv4 address, mapped.</summary>
    /// <param name="address">As a number, most significant byte first.</param>
    public static Gid FromIPv4(uint address) => new(((UInt128)0xffff << 32) | address);

    /// <summary>From its 16 bytes.</summary>
    public static Gid FromBytes(ReadOnlySpan<byte> raw) => new(BinaryPrimitives.ReadUInt128BigEndian(raw));

    /// <summary>Writes its 16 bytes.</summary>
    public void CopyTo(Span<byte> raw) => BinaryPrimitives.WriteUInt128BigEndian(raw, Value);

    /// <summary>Eight groups of four hexadecimal digits, as sysfs shows a GID.</summary>
    public override string ToString()
    {
        UInt128 value = Value;
        return string.Join(':', Enumerable.Range(0, 8).Select(i => ((ushort)(value >> ((7 - i) * 16))).ToString("x4", null)));
    }
}
