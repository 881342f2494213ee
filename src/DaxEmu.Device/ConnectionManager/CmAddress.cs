using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DaxEmu.Abi;
using static DaxEmu.Abi.@in;
using static DaxEmu.Abi.ib;

namespace DaxEmu.Device;

/// <summary>
/// An address of the connection manager: struct sockaddr_in, sockaddr_in6 or sockaddr_ib.
/// </summary>
/// <param name="Family">AF_INET, AF_INET6, AF_IB; 0 means none yet.</param>
/// <param name="Host">16 bytes as one big-endian number; an IPv4 address in its mapped form, but 0.0.0.0 as zero.</param>
/// <param name="Port">Host order. Of AF_IB: the low 16 bits of the service id, where the mask has them.</param>
internal readonly record struct CmAddress(ushort Family, UInt128 Host, ushort Port)
{
    // RFC 4291, 2.5.5.2.
    private static readonly UInt128 Mapped = (UInt128)0xffff << 32;

    private const ulong PortBits = 0xffff;

    /// <summary>sin6_flowinfo, as it came.</summary>
    public uint FlowInfo { get; init; }

    /// <summary>sin6_scope_id or sib_scope_id, as it came.</summary>
    public ulong Scope { get; init; }

    /// <summary>sib_pkey, as it came.</summary>
    public ushort Pkey { get; init; }

    /// <summary>sib_sid, host order; its low bits are <see cref="Port"/>.</summary>
    public ulong ServiceId { get; init; }

    /// <summary>sib_sid_mask, host order.</summary>
    public ulong ServiceMask { get; init; }

    /// <summary>True for the wildcard.</summary>
    public bool IsAny => Host == UInt128.Zero;

    /// <summary>Bytes of its struct; 0 when there is none (the kernel's rdma_addr_size).</summary>
    public int Size => SizeOf(Family);

    /// <summary>The host part, IPv4 or IPv6.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Host);
        return Family == AF_INET ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }

    /// <summary>The wildcard of a family, with no port.</summary>
    public static CmAddress AnyOf(ushort family) => new(family, UInt128.Zero, 0);

    /// <summary>127.0.0.1 or ::1, with a port.</summary>
    public static CmAddress LoopbackOf(ushort family, ushort port) =>
        new(family, family == AF_INET ? Mapped | 0x7f00_0001 : UInt128.One, port);

    /// <summary>An IPv4 or IPv6 address.</summary>
    public static CmAddress Of(IPAddress address, ushort port)
    {
        Span<byte> bytes = stackalloc byte[16];
        bool isFour = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        _ = (isFour ? address.MapToIPv6() : address).TryWriteBytes(bytes, out _);
        UInt128 host = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return new CmAddress((ushort)(isFour ? AF_INET : AF_INET6), isFour && host == Mapped ? UInt128.Zero : host, port);
    }

    /// <summary>Reads a struct sockaddr; an unknown family has no size.</summary>
    /// <param name="bytes">At least as long as the longest of the three.</param>
    public static CmAddress Read(ReadOnlySpan<byte> bytes)
    {
        ushort family = MemoryMarshal.Read<ushort>(bytes);
        switch (family)
        {
            case AF_INET:
                sockaddr_in four = MemoryMarshal.Read<sockaddr_in>(bytes);
                uint host = Swap(four.sin_addr);
                return new CmAddress(family, host == 0 ? UInt128.Zero : Mapped | host, Swap(four.sin_port));
            case AF_INET6:
                sockaddr_in6 six = MemoryMarshal.Read<sockaddr_in6>(bytes);
                return new CmAddress(family, BinaryPrimitives.ReadUInt128BigEndian(six.sin6_addr), Swap(six.sin6_port))
                {
                    FlowInfo = six.sin6_flowinfo,
                    Scope = six.sin6_scope_id,
                };
            case AF_IB:
                sockaddr_ib ib = MemoryMarshal.Read<sockaddr_ib>(bytes);
                ulong service = Swap(ib.sib_sid);
                ulong mask = Swap(ib.sib_sid_mask);
                return new CmAddress(family, BinaryPrimitives.ReadUInt128BigEndian(ib.sib_addr), (ushort)(service & mask))
                {
                    FlowInfo = ib.sib_flowinfo,
                    Scope = ib.sib_scope_id,
                    Pkey = ib.sib_pkey,
                    ServiceId = service,
                    ServiceMask = mask,
                };
            default:
                return new CmAddress(family, UInt128.Zero, 0);
        }
    }

    /// <summary>Writes the struct sockaddr; nothing when there is none.</summary>
    public void Write(Span<byte> bytes)
    {
        switch (Family)
        {
            case AF_INET:
                MemoryMarshal.Write(
                    bytes, new sockaddr_in { sin_family = Family, sin_port = Swap(Port), sin_addr = Swap((uint)(Host & uint.MaxValue)) });
                break;
            case AF_INET6:
                sockaddr_in6 six = new()
                {
                    sin6_family = Family,
                    sin6_port = Swap(Port),
                    sin6_flowinfo = FlowInfo,
                    sin6_scope_id = (uint)Scope,
                };
                BinaryPrimitives.WriteUInt128BigEndian(six.sin6_addr, Host);
                MemoryMarshal.Write(bytes, six);
                break;
            case AF_IB:
                sockaddr_ib ib = new()
                {
                    sib_family = Family,
                    sib_pkey = Pkey,
                    sib_flowinfo = FlowInfo,
                    sib_sid = Swap((ServiceId & ~PortBits) | Port),
                    sib_sid_mask = Swap(ServiceMask),
                    sib_scope_id = Scope,
                };
                BinaryPrimitives.WriteUInt128BigEndian(ib.sib_addr, Host);
                MemoryMarshal.Write(bytes, ib);
                break;
        }
    }

    /// <summary>As ADDRESS:PORT.</summary>
    public override string ToString() => Family switch
    {
        AF_INET or AF_INET6 => new IPEndPoint(ToIPAddress(), Port).ToString(),
        AF_IB => $"AF_IB service 0x{ServiceId:x}",
        _ => "no address",
    };

    private static int SizeOf(ushort family) => family switch
    {
        AF_INET => Unsafe.SizeOf<sockaddr_in>(),
        AF_INET6 => Unsafe.SizeOf<sockaddr_in6>(),
        AF_IB => Unsafe.SizeOf<sockaddr_ib>(),
        _ => 0,
    };

    private static ushort Swap(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static uint Swap(uint value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    private static ulong Swap(ulong value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;
}
