using System.Runtime.CompilerServices;

namespace DaxEmu.Abi;

// Addresses and ports are in network order.

[CHeader("netinet/in.h")]
public static class @in
{
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
}

[CHeader("netinet/in.h")]
public struct sockaddr_in
{
    public ushort sin_family;
    public ushort sin_port;

    [CName("sin_addr.s_addr")]
    public uint sin_addr;

    public zero_bytes sin_zero;

    [InlineArray(8)]
    public struct zero_bytes
    {
        private byte _first;
    }
}

/// <summary>Aligned to 4 bytes only, as in C: libraries place it at such offsets.</summary>
[CHeader("netinet/in.h")]
public struct sockaddr_in6
{
    public ushort sin6_family;
    public ushort sin6_port;
    public uint sin6_flowinfo;
    public address_bytes sin6_addr;
    public uint sin6_scope_id;

    [InlineArray(16)]
    public struct address_bytes
    {
        private byte _first;
    }
}
