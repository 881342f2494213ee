namespace DaxEmu.Client;

/// <summary>What a device can do: the fields of <c>struct ibv_device_attr</c> that a program has a use for.</summary>
public sealed record DeviceAttributes
{
    /// <summary>Globally unique identifier of the device.</summary>
    public required ulong NodeGuid { get; init; }

    /// <summary>Longest memory region, in bytes.</summary>
    public required ulong MaxMemoryRegionSize { get; init; }

    /// <summary>Most memory regions.</summary>
    public required int MaxMemoryRegions { get; init; }

    /// <summary>Most protection domains.</summary>
    public required int MaxProtectionDomains { get; init; }

    /// <summary>Most queue pairs.</summary>
    public required int MaxQueuePairs { get; init; }

    /// <summary>Most outstanding work requests of one work queue.</summary>
    public required int MaxWorkRequests { get; init; }

    /// <summary>Most scatter/gather elements of one work request.</summary>
    public required int MaxScatterGather { get; init; }

    /// <summary>Most completion queues.</summary>
    public required int MaxCompletionQueues { get; init; }

    /// <summary>Most entries of one completion queue.</summary>
    public required int MaxCompletions { get; init; }

    /// <summary>Most RDMA reads and atomics outstanding towards one queue pair, as their target.</summary>
    public required int MaxReadAtomicAsTarget { get; init; }

    /// <summary>Most RDMA reads and atomics outstanding from one queue pair, as their initiator.</summary>
    public required int MaxReadAtomicAsInitiator { get; init; }

    /// <summary>Number of ports.</summary>
    public required int PortCount { get; init; }
}
