using DaxEmu.Abi;
using DaxEmu.Linux.Memory;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Client;

/// <summary>
/// One ring of <c>rdma/rdma_user_rxe.h</c>, shared with the daemon: this side owns one of its two indices, the daemon the other.
/// Not safe for several threads at once: its queue holds a lock around it.
/// </summary>
internal sealed unsafe class SharedRing : IDisposable
{
    private readonly MemoryMapping _mapping;
    private readonly rxe_queue_buf* _head;
    private readonly byte* _data;
    private readonly int _shift;
    private readonly uint _mask;
    private uint _own;
    private uint _peer;

    private SharedRing(MemoryMapping mapping, int elementSize, bool isProducer)
    {
        _mapping = mapping;
        _head = (rxe_queue_buf*)mapping.Address;
        _data = (byte*)(_head + 1);
        _shift = (int)_head->log2_elem_size;
        _mask = _head->index_mask;
        long length = _shift < 32 ? sizeof(rxe_queue_buf) + ((_mask + 1L) << _shift) : long.MaxValue;
        if ((_mask & (_mask + 1L)) != 0 || _mask == 0 || length > mapping.Length || 1L << _shift < elementSize)
        {
            throw new RdmaException(
                $"mmap(a ring of {mapping.Length} bytes)",
                EPROTO,
                $"its head says 2^{_head->log2_elem_size} bytes per element and index mask {_mask:x}, which does not fit");
        }

        // Only read here: from now on this side's index is written from _own, never read back.
        _own = (isProducer ? _head->producer_index : _head->consumer_index) & _mask;
        _peer = (isProducer ? _head->consumer_index : _head->producer_index) & _mask;
    }

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => 1 << _shift;

    /// <summary>Elements that fit at once: one less than there are slots, as full and empty must differ.</summary>
    public int Capacity => (int)_mask;

    /// <summary>A ring that this side fills: a send or a receive queue.</summary>
    /// <param name="mapping">The ring; owned by it from now on.</param>
    /// <param name="elementSize">Least size of an element.</param>
    /// <exception cref="RdmaException">EPROTO: the ring does not fit its mapping.</exception>
    public static SharedRing ForProducer(MemoryMapping mapping, int elementSize) => new(mapping, elementSize, isProducer: true);

    /// <summary>A ring that this side empties: a completion queue.</summary>
    /// <inheritdoc cref="ForProducer"/>
    public static SharedRing ForConsumer(MemoryMapping mapping, int elementSize) => new(mapping, elementSize, isProducer: false);

    /// <summary>The slot to fill next, or null while the ring is full.</summary>
    public byte* Reserve()
    {
        uint next = (_own + 1) & _mask;
        if (next == _peer)
        {
            // Acquire: pairs with the daemon's release of consumer_index, so that it has finished with the slot that is filled next.
            _peer = Volatile.Read(ref _head->consumer_index) & _mask;
            if (next == _peer)
            {
                return null;
            }
        }

        return Slot(_own);
    }

    /// <summary>Hands the slot that <see cref="Reserve"/> gave to the daemon.</summary>
    public void Publish()
    {
        _own = (_own + 1) & _mask;

        // Release: pairs with the daemon's acquire of producer_index, so that it sees the slot filled.
        Volatile.Write(ref _head->producer_index, _own);
    }

    /// <summary>The oldest element, or null while the ring is empty.</summary>
    public byte* Peek()
    {
        if (_own == _peer)
        {
            // Acquire: pairs with the daemon's release of producer_index, so that the element, and the data it reports, are seen.
            _peer = Volatile.Read(ref _head->producer_index) & _mask;
            if (_own == _peer)
            {
                return null;
            }
        }

        return Slot(_own);
    }

    /// <summary>Gives the slot that <see cref="Peek"/> gave back to the daemon.</summary>
    public void Release()
    {
        _own = (_own + 1) & _mask;

        // Release: pairs with the daemon's acquire of consumer_index, so that it overwrites the slot only after it was read.
        Volatile.Write(ref _head->consumer_index, _own);
    }

    /// <summary>Unmaps the ring; nothing may touch it any more.</summary>
    public void Dispose() => _mapping.Dispose();

    private byte* Slot(uint index) => _data + ((nuint)index << _shift);
}
