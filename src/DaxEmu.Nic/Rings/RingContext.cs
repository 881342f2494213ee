namespace DaxEmu.Nic;

/// <summary>A ring as the engines know it: nothing here is read from memory that a client can write.</summary>
internal struct RingContext
{
    public int Mapping;
    public uint IndexMask;
    public ulong Offset;
    public int Log2ElementSize;

    /// <summary>Our own index: consumer of a work queue, producer of a completion queue. The shared one is only published.</summary>
    public uint Index;

    /// <summary>No ring: it cannot be opened.</summary>
    public static RingContext None => new() { Mapping = -1 };

    public static RingContext Of(RingLocation location, RingLayout layout) => new()
    {
        Mapping = location.Mapping,
        Offset = location.Offset,
        IndexMask = layout.IndexMask,
        Log2ElementSize = layout.Log2ElementSize,
    };

    public readonly ulong ByteLength => new RingLayout(Log2ElementSize, IndexMask + 1).ByteLength;
}
