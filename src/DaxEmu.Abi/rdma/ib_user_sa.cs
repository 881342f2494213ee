using System.Runtime.CompilerServices;

namespace DaxEmu.Abi;

[CHeader("rdma/ib_user_sa.h")]
public static class ib_user_sa
{
    public const uint IB_PATH_GMP = 1;
    public const uint IB_PATH_PRIMARY = 1 << 1;
    public const uint IB_PATH_ALTERNATE = 1 << 2;
    public const uint IB_PATH_OUTBOUND = 1 << 3;
    public const uint IB_PATH_INBOUND = 1 << 4;
    public const uint IB_PATH_INBOUND_REVERSE = 1 << 5;
    public const uint IB_PATH_BIDIRECTIONAL = IB_PATH_OUTBOUND | IB_PATH_INBOUND_REVERSE;
}

/// <summary>A path with its record as the subnet administrator packs it (IBTA 15.2.5.16).</summary>
[CHeader("rdma/ib_user_sa.h")]
public struct ib_path_rec_data
{
    public uint flags;
    public uint reserved;
    public path_words path_rec;

    [InlineArray(16)]
    public struct path_words
    {
        private uint _first;
    }
}

/// <summary>Multi-byte fields of type __be are in network order.</summary>
[CHeader("rdma/ib_user_sa.h")]
public struct ib_user_path_rec
{
    public gid_bytes dgid;
    public gid_bytes sgid;
    public ushort dlid;
    public ushort slid;
    public uint raw_traffic;
    public uint flow_label;
    public uint reversible;
    public uint mtu;
    public ushort pkey;
    public byte hop_limit;
    public byte traffic_class;
    public byte numb_path;
    public byte sl;
    public byte mtu_selector;
    public byte rate_selector;
    public byte rate;
    public byte packet_life_time_selector;
    public byte packet_life_time;
    public byte preference;

    [InlineArray(16)]
    public struct gid_bytes
    {
        private byte _first;
    }
}
