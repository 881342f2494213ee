using DaxEmu.Abi;

namespace DaxEmu.Nic.Tests;

/// <summary>A ring as a program's rxe provider uses it (rxe_queue.h): indices always masked, one slot always empty.</summary>
internal sealed unsafe class ClientRing(Allocation memory)
{
    public rxe_queue_buf* Header => (rxe_queue_buf*)memory.Start;

    public Allocation Memory => memory;

    public uint Mask => Header->index_mask;

    public bool IsEmpty => Volatile.Read(ref Header->producer_index) == Header->consumer_index;

    public bool IsFull => Volatile.Read(ref Header->consumer_index) == ((Header->producer_index + 1) & Mask);

    public uint Count => (Header->producer_index - Header->consumer_index) & Mask;

    public byte* AtProducer => Element(Header->producer_index);

    public byte* AtConsumer => Element(Header->consumer_index);

    public void AdvanceProducer() => Volatile.Write(ref Header->producer_index, (Header->producer_index + 1) & Mask);

    public void AdvanceConsumer() => Volatile.Write(ref Header->consumer_index, (Header->consumer_index + 1) & Mask);

    private byte* Element(uint index) => memory.Start + sizeof(rxe_queue_buf) + (index << (int)Header->log2_elem_size);
}
