using DaxEmu.Linux.Memory;

namespace DaxEmu.Client;

/// <summary>A queue pair's send or receive queue: its ring, the sizes of its elements, and the lock that posting takes.</summary>
internal sealed class WorkQueue : IDisposable
{
    private WorkQueue(SharedRing ring, int maxScatterGather, int maxInlineData)
    {
        Ring = ring;
        MaxScatterGather = maxScatterGather;
        MaxInlineData = maxInlineData;
    }

    /// <summary>Taken by everyone who posts.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The ring; only under the lock, and not once disposed.</summary>
    public SharedRing Ring { get; }

    /// <summary>Whether the ring is gone; read under the lock.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Scatter/gather elements that fit into one work request.</summary>
    public int MaxScatterGather { get; }

    /// <summary>Bytes of data that fit into one work request.</summary>
    public int MaxInlineData { get; }

    /// <summary>Work requests that fit at once.</summary>
    public int Capacity => Ring.Capacity;

    /// <summary>A send queue.</summary>
    /// <exception cref="RdmaException">EPROTO: the ring does not fit its mapping.</exception>
    public static WorkQueue ForSend(MemoryMapping ring, int maxScatterGather, int maxInlineData)
    {
        int room = Math.Max(maxScatterGather * WorkQueueEntries.ScatterGatherSize, maxInlineData);
        return new WorkQueue(SharedRing.ForProducer(ring, WorkQueueEntries.SendHeader + room), maxScatterGather, maxInlineData);
    }

    /// <summary>A receive queue.</summary>
    /// <exception cref="RdmaException">EPROTO: the ring does not fit its mapping.</exception>
    public static WorkQueue ForReceive(MemoryMapping ring, int maxScatterGather)
    {
        int room = maxScatterGather * WorkQueueEntries.ScatterGatherSize;
        return new WorkQueue(SharedRing.ForProducer(ring, WorkQueueEntries.ReceiveHeader + room), maxScatterGather, 0);
    }

    /// <summary>Unmaps the ring once nobody posts to it.</summary>
    public void Dispose()
    {
        lock (Gate)
        {
            IsDisposed = true;
            Ring.Dispose();
        }
    }
}
