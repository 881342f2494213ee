namespace DaxEmu.Client;

/// <summary>What a port can do: the fields of <c>struct ibv_port_attr</c> that RoCE gives a meaning to.</summary>
public sealed record PortAttributes
{
    /// <summary>State of the port.</summary>
    public required PortState State { get; init; }

    /// <summary>Largest packet payload that the port supports.</summary>
    public required Mtu MaxMtu { get; init; }

    /// <summary>Largest packet payload that the link uses now.</summary>
    public required Mtu ActiveMtu { get; init; }

    /// <summary>Length of the GID table.</summary>
    public required int GidTableLength { get; init; }

    /// <summary>Longest message of one work request, in bytes.</summary>
    public required uint MaxMessageSize { get; init; }
}
