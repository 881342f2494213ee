using System.Numerics;
using DaxEmu.Abi;

namespace DaxEmu.Nic;

/// <summary>The shape of a ring of <c>rdma/rdma_user_rxe.h</c>: <c>struct rxe_queue_buf</c>, then the elements.</summary>
/// <param name="Log2ElementSize">Element size: a power of two, at least a cache line.</param>
/// <param name="Slots">A power of two above the entries asked for: one slot stays empty so that full and empty differ.</param>
public readonly unsafe record struct RingLayout(int Log2ElementSize, uint Slots)
{
    // A cache line, so that neighbouring elements written by different processors do not share one.
    private const uint LeastElementBytes = 64;

    /// <summary>sizeof(struct rxe_send_wqe), without elements or inline data.</summary>
    public static uint SendWqeBytes => (uint)sizeof(rxe_send_wqe);

    /// <summary>sizeof(struct rxe_recv_wqe), without elements.</summary>
    public static uint ReceiveWqeBytes => (uint)sizeof(rxe_recv_wqe);

    /// <summary>Bytes of an element.</summary>
    public uint ElementBytes => 1U << Log2ElementSize;

    /// <summary>Entries that fit: one less than the slots.</summary>
    public uint Capacity => Slots - 1;

    /// <summary>The mask that keeps an index inside the ring.</summary>
    public uint IndexMask => Slots - 1;

    /// <summary>Bytes of the whole ring, header included: the least size of the memory it lies in.</summary>
    public ulong ByteLength => (ulong)sizeof(rxe_queue_buf) + ((ulong)Slots << Log2ElementSize);

    /// <summary>A ring for a number of entries of a size.</summary>
    /// <param name="entries">Entries that must fit.</param>
    /// <param name="elementBytes">Bytes of each.</param>
    public static RingLayout For(uint entries, uint elementBytes) => new(
        BitOperations.Log2(BitOperations.RoundUpToPowerOf2(Math.Max(elementBytes, LeastElementBytes))),
        BitOperations.RoundUpToPowerOf2(entries + 1));

    /// <summary>A completion ring: elements are <c>struct ib_uverbs_wc</c>.</summary>
    /// <param name="entries">Completions that must fit.</param>
    public static RingLayout ForCompletions(uint entries) => For(entries, (uint)sizeof(ib_uverbs_wc));
}
