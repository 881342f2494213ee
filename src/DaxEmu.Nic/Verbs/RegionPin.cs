using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>A pin that holds a part of a memory region in place.</summary>
/// <param name="Pin">The pin.</param>
/// <param name="Offset">Offset in the region of the pinned range's first byte.</param>
public readonly record struct RegionPin(Pin Pin, ulong Offset);
