namespace DaxEmu.Nic;

/// <summary>A range of mapped memory.</summary>
/// <param name="Mapping">Index in the <see cref="MappingTable"/>.</param>
/// <param name="Offset">First byte in that mapping.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct MappedRange(int Mapping, ulong Offset, ulong Length);
