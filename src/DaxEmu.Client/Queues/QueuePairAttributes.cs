namespace DaxEmu.Client;

/// <summary>The state of a queue pair, as the device has it: <c>ibv_query_qp</c>.</summary>
public sealed record QueuePairAttributes
{
    /// <summary>Its state.</summary>
    public required QueuePairState State { get; init; }

    /// <summary>What its peer may do through it, regions permitting.</summary>
    public required AccessFlags Access { get; init; }

    /// <summary>Number of the queue pair it is connected to.</summary>
    public required uint RemoteQueuePairNumber { get; init; }

    /// <summary>Address of the port it is connected to.</summary>
    public required Gid RemoteGid { get; init; }

    /// <summary>Largest packet payload.</summary>
    public required Mtu PathMtu { get; init; }

    /// <summary>Sequence number of the next packet expected from the peer.</summary>
    public required uint ReceivePacketSequenceNumber { get; init; }

    /// <summary>Sequence number of the next packet to send.</summary>
    public required uint SendPacketSequenceNumber { get; init; }
}
