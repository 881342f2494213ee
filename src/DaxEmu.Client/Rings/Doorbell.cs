using System.Runtime.Intrinsics.X86;
using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Memory;

namespace DaxEmu.Client;

/// <summary>The page through which work is announced to the daemon's worker: <c>struct daxemu_doorbell</c>.</summary>
internal sealed unsafe class Doorbell : IDisposable
{
    private readonly MemoryMapping _mapping;
    private readonly EventDescriptor _wake;
    private readonly daxemu_doorbell* _page;

    /// <summary>Takes over the mapped page and the worker's eventfd.</summary>
    public Doorbell(MemoryMapping mapping, EventDescriptor wake)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mapping.Length, sizeof(daxemu_doorbell), nameof(mapping));
        _mapping = mapping;
        _wake = wake;
        _page = (daxemu_doorbell*)mapping.Address;
    }

    /// <summary>The state of a queue pair, as far as posting is concerned: one that failed meanwhile may still show as ready.</summary>
    /// <param name="handle">Handle of the queue pair, checked to be below DAXEMU_DOORBELL_QPS when it was made.</param>
    public QueuePairState StateOf(uint handle) => (QueuePairState)Volatile.Read(ref _page->qp_state[(int)handle]);

    /// <summary>Announces that a send queue has new work; it must be published before.</summary>
    /// <param name="handle">Handle of the queue pair.</param>
    public void Ring(uint handle)
    {
        uint word = handle / 64;

        // Bits first, then summary: the worker clears the summary first, so it cannot miss a bit whose summary it has cleared.
        Interlocked.Or(ref _page->bits[(int)word], 1UL << (int)(handle % 64));
        Interlocked.Or(ref _page->summary[(int)(word / 64)], 1UL << (int)(word % 64));

        // Pairs with the worker's barrier between setting worker_asleep and its last look: of a ring and a falling asleep, at
        // least one sees the other. A locked instruction is that barrier on x86; arm64's acquire-release atomics are not.
        if (!X86Base.IsSupported)
        {
            Interlocked.MemoryBarrier();
        }

        if (Volatile.Read(ref _page->worker_asleep) != 0)
        {
            _wake.Signal();
        }
    }

    /// <summary>Unmaps the page; nothing may ring any more.</summary>
    public void Dispose()
    {
        _mapping.Dispose();
        _wake.Dispose();
    }
}
