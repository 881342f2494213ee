namespace DaxEmu.Contract;

/// <summary>What a lookup in <see cref="PinIndex"/> reads of one pin: 32 bytes, two to a cache line.</summary>
internal struct PinIndexNode
{
    /// <summary>First byte of the pin.</summary>
    internal ulong Start;

    /// <summary>First byte after it.</summary>
    internal ulong End;

    /// <summary>The greatest <see cref="End"/> in the subtree.</summary>
    internal ulong MaxEnd;

    /// <summary>Slot of the subtree that sorts before; in a free slot, the next free one.</summary>
    internal int Left;

    /// <summary>Slot of the subtree that sorts after.</summary>
    internal int Right;
}
