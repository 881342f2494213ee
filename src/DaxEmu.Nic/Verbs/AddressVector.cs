namespace DaxEmu.Nic;

/// <summary>The path to a peer: struct ibv_ah_attr with its global route. RoCE needs the global route.</summary>
public readonly record struct AddressVector
{
    /// <summary>GID of the peer's port.</summary>
    public Gid DestinationGid { get; init; }

    /// <summary>grh.flow_label.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>grh.sgid_index: our GID, as an index into the port's table.</summary>
    public byte SourceGidIndex { get; init; }

    /// <summary>grh.hop_limit.</summary>
    public byte HopLimit { get; init; }

    /// <summary>grh.traffic_class.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>dlid; without meaning on RoCE.</summary>
    public ushort DestinationLid { get; init; }

    /// <summary>sl.</summary>
    public byte ServiceLevel { get; init; }

    /// <summary>src_path_bits.</summary>
    public byte SourcePathBits { get; init; }

    /// <summary>static_rate.</summary>
    public byte StaticRate { get; init; }

    /// <summary>is_global: the route is there.</summary>
    public bool IsGlobal { get; init; }

    /// <summary>port_num, from 1.</summary>
    public byte PortNumber { get; init; }
}
