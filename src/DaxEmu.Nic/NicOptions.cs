namespace DaxEmu.Nic;

/// <summary>
/// The limits of a NIC: what ibv_query_device(3) reports of them is for the device to say, what exceeds them is refused here.
/// They fix the size of the <see cref="NicBlock"/>.
/// </summary>
public sealed record NicOptions
{
    /// <summary>Queue pairs, at most 2^20: four bits of the 24-bit number stay for telling a new queue pair from a dead one.</summary>
    public int MaxQueuePairs { get; init; } = 16384;

    /// <summary>Completion queues.</summary>
    public int MaxCompletionQueues { get; init; } = 16384;

    /// <summary>Shared receive queues.</summary>
    public int MaxSharedReceiveQueues { get; init; } = 8192;

    /// <summary>Memory regions; with the windows below 2^24: a key is the index and one byte more.</summary>
    public int MaxMemoryRegions { get; init; } = 65536;

    /// <summary>Memory windows.</summary>
    public int MaxMemoryWindows { get; init; } = 65536;

    /// <summary>Protection domains.</summary>
    public int MaxProtectionDomains { get; init; } = 8192;

    /// <summary>Address handles, below 2^24: a handle's number is the index and one byte more.</summary>
    public int MaxAddressHandles { get; init; } = 16384;

    /// <summary>Multicast groups.</summary>
    public int MaxMulticastGroups { get; init; } = 1024;

    /// <summary>Queue pairs in one multicast group.</summary>
    public const int MulticastMembers = MulticastGroup.Capacity;

    /// <summary>Different GIDs of all ports of all devices.</summary>
    public int MaxGids { get; init; } = 1024;

    /// <summary>Work requests in one send, receive or shared receive queue.</summary>
    public int MaxWorkRequests { get; init; } = 16384;

    /// <summary>Scatter/gather elements in one work request.</summary>
    public int MaxSge { get; init; } = 32;

    /// <summary>Bytes of inline data in one work request.</summary>
    public int MaxInlineData { get; init; } = 512;

    /// <summary>Entries in one completion queue.</summary>
    public int MaxCompletionEntries { get; init; } = 1 << 20;

    /// <summary>Bytes in one memory region.</summary>
    public ulong MaxRegionBytes { get; init; } = 1UL << 44;

    /// <summary>Bytes in one message (max_msg_sz); the IBTA specification allows 2^31.</summary>
    public uint MaxMessageBytes { get; init; } = 1U << 31;

    /// <summary>Outstanding RDMA READ and atomic operations of one queue pair (max_qp_rd_atom).</summary>
    public int MaxReadAtomic { get; init; } = 128;

    /// <summary>Engines that may run at the same time, in all processes that map the block.</summary>
    public int MaxEngines { get; init; } = 64;

    /// <summary>
    /// Bytes that one <see cref="NicEngine.Drain"/> copies at most, so that a long transfer does not hold up other queue pairs.
    /// </summary>
    public int BytesPerDrain { get; init; } = 256 * 1024;

    /// <summary>Work requests that one <see cref="NicEngine.Drain"/> completes at most, for the same reason.</summary>
    public int WorkRequestsPerDrain { get; init; } = 64;

    /// <summary>Throws when a limit is out of the range its documentation gives.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names the limit.</exception>
    internal void Validate()
    {
        Check(MaxQueuePairs, 1, 1 << 20, nameof(MaxQueuePairs));
        Check(MaxCompletionQueues, 1, 1 << 24, nameof(MaxCompletionQueues));
        Check(MaxSharedReceiveQueues, 1, 1 << 24, nameof(MaxSharedReceiveQueues));
        Check(MaxMemoryRegions, 1, (1 << 24) - 2, nameof(MaxMemoryRegions));
        Check(MaxMemoryWindows, 0, (1 << 24) - 1 - MaxMemoryRegions, nameof(MaxMemoryWindows));
        Check(MaxProtectionDomains, 1, 1 << 24, nameof(MaxProtectionDomains));
        Check(MaxAddressHandles, 1, (1 << 24) - 1, nameof(MaxAddressHandles));
        Check(MaxMulticastGroups, 1, 1 << 20, nameof(MaxMulticastGroups));
        Check(MaxGids, 1, 1 << 20, nameof(MaxGids));
        Check(MaxWorkRequests, 1, 1 << 20, nameof(MaxWorkRequests));
        Check(MaxSge, 1, 256, nameof(MaxSge));
        Check(MaxInlineData, 0, 4096, nameof(MaxInlineData));
        Check(MaxCompletionEntries, 1, 1 << 24, nameof(MaxCompletionEntries));
        Check(MaxReadAtomic, 1, 255, nameof(MaxReadAtomic));
        Check(MaxEngines, 1, 4096, nameof(MaxEngines));
        Check(BytesPerDrain, 4096, 1 << 30, nameof(BytesPerDrain));
        Check(WorkRequestsPerDrain, 1, 4096, nameof(WorkRequestsPerDrain));
        ArgumentOutOfRangeException.ThrowIfZero(MaxRegionBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxMessageBytes, 1U << 31);
    }

    private static void Check(int value, int least, int most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }
}
