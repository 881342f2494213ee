namespace DaxEmu.Nic;

/// <summary>Memory mapped for a region.</summary>
/// <param name="Mapping">Index in the <see cref="MappingTable"/>.</param>
/// <param name="Offset">Offset of the region's first byte in that mapping.</param>
/// <param name="Release">Unmaps; called once, when no engine uses the region any more.</param>
public record RegionMapping(int Mapping, ulong Offset, Action Release);
