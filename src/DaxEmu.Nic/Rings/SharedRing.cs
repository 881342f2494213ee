using System.Runtime.CompilerServices;
using DaxEmu.Abi;

namespace DaxEmu.Nic;

/// <summary>
/// A ring in memory that a client writes too. The index it publishes is checked by the caller; sizes and our own index come from the
/// <see cref="RingContext"/>, never from the header.
/// </summary>
internal readonly unsafe ref struct SharedRing
{
    private readonly byte* _base;
    private readonly uint _indexMask;
    private readonly int _log2ElementSize;

    private SharedRing(byte* start, in RingContext context)
    {
        _base = start;
        _indexMask = context.IndexMask;
        _log2ElementSize = context.Log2ElementSize;
    }

    private rxe_queue_buf* Header => (rxe_queue_buf*)_base;

    /// <summary>Finds a ring in this process; false when its mapping is not here or too short.</summary>
    public static bool TryOpen(MappingTable mappings, in RingContext context, out SharedRing ring)
    {
        byte* start = mappings.Resolve(context.Mapping, context.Offset, context.ByteLength);
        ring = new SharedRing(start, context);
        return start is not null;
    }

    /// <summary>Writes an empty ring's header.</summary>
    public void Initialise()
    {
        Header->log2_elem_size = (uint)_log2ElementSize;
        Header->index_mask = _indexMask;
        Header->consumer_index = 0;
        Header->producer_index = 0;
    }

    /// <summary>
    /// The client's producer index. Acquire: pairs with its release store after it wrote the element (rxe_queue.h, advance_producer).
    /// </summary>
    public uint ReadProducer() => Volatile.Read(ref Header->producer_index);

    /// <summary>The client's consumer index. Acquire: pairs with its release store after it read the element (advance_consumer).</summary>
    public uint ReadConsumer() => Volatile.Read(ref Header->consumer_index);

    /// <summary>Release: pairs with the client's acquire load when it looks for room; it may overwrite the element from now on.</summary>
    public void PublishConsumer(uint index) => Volatile.Write(ref Header->consumer_index, index);

    /// <summary>
    /// Release: pairs with the client's acquire load in poll_cq (queue_empty); the element is complete before it is seen.
    /// </summary>
    public void PublishProducer(uint index) => Volatile.Write(ref Header->producer_index, index);

    /// <summary>The bytes of an element, somewhere in the ring whatever the index.</summary>
    public byte* Element(uint index) =>
        _base + sizeof(rxe_queue_buf) + ((ulong)(index & _indexMask) << _log2ElementSize);

    /// <summary>Copies part of an element: what the client does to it afterwards cannot matter.</summary>
    public void CopyOut(uint index, uint offset, void* destination, uint bytes) =>
        Unsafe.CopyBlock(destination, Element(index) + offset, bytes);
}
