namespace DaxEmu.Device;

/// <summary>How many objects of each kind there are.</summary>
/// <param name="ProtectionDomains">Protection domains.</param>
/// <param name="MemoryRegions">Memory regions.</param>
/// <param name="CompletionChannels">Completion channels.</param>
/// <param name="CompletionQueues">Completion queues.</param>
/// <param name="QueuePairs">Queue pairs.</param>
/// <param name="RegisteredBytes">Bytes of all memory regions.</param>
public readonly record struct ObjectCounts(
    int ProtectionDomains, int MemoryRegions, int CompletionChannels, int CompletionQueues, int QueuePairs, ulong RegisteredBytes)
{
    /// <summary>Memory windows.</summary>
    public int MemoryWindows { get; init; }

    /// <summary>Address handles.</summary>
    public int AddressHandles { get; init; }

    /// <summary>Shared receive queues.</summary>
    public int SharedReceiveQueues { get; init; }

    /// <summary>The sum, kind by kind.</summary>
    public static ObjectCounts operator +(ObjectCounts a, ObjectCounts b) => Add(a, b);

    /// <summary>The sum, kind by kind.</summary>
    public static ObjectCounts Add(ObjectCounts a, ObjectCounts b) => new(
        a.ProtectionDomains + b.ProtectionDomains,
        a.MemoryRegions + b.MemoryRegions,
        a.CompletionChannels + b.CompletionChannels,
        a.CompletionQueues + b.CompletionQueues,
        a.QueuePairs + b.QueuePairs,
        a.RegisteredBytes + b.RegisteredBytes)
    {
        MemoryWindows = a.MemoryWindows + b.MemoryWindows,
        AddressHandles = a.AddressHandles + b.AddressHandles,
        SharedReceiveQueues = a.SharedReceiveQueues + b.SharedReceiveQueues,
    };
}
