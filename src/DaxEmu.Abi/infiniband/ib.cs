using System.Runtime.CompilerServices;

namespace DaxEmu.Abi;

[CHeader("infiniband/ib.h")]
public static class ib
{
    public const int AF_IB = 27;
}

/// <summary>All but the family and the scope are in network order.</summary>
[CHeader("infiniband/ib.h")]
public struct sockaddr_ib
{
    public ushort sib_family;
    public ushort sib_pkey;
    public uint sib_flowinfo;
    public address_bytes sib_addr;
    public ulong sib_sid;
    public ulong sib_sid_mask;
    public ulong sib_scope_id;

    [InlineArray(16)]
    public struct address_bytes
    {
        private byte _first;
    }
}
