namespace DaxEmu.Nic;

/// <summary>Where a ring lies: in a mapping of the <see cref="MappingTable"/>, shared with one client.</summary>
/// <param name="Mapping">Index of the mapping.</param>
/// <param name="Offset">Offset of the ring's header in it, a multiple of 64.</param>
public readonly record struct RingLocation(int Mapping, ulong Offset);
