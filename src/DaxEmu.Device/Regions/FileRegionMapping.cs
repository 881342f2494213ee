using DaxEmu.Linux.Memory;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>A region that is mapped from files.</summary>
/// <param name="Mapping">As <see cref="RegionMapping"/> has it.</param>
/// <param name="Memory">The mapping; the region's first byte is its first.</param>
/// <param name="Kept">Counts the pieces of it that are no longer mapped from its files.</param>
/// <param name="Release">As <see cref="RegionMapping"/> has it.</param>
internal sealed record FileRegionMapping(int Mapping, JoinedMapping Memory, KeptPieces Kept, Action Release) : RegionMapping(Mapping, 0, Release);
