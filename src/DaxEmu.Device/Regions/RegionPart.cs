namespace DaxEmu.Device;

/// <summary>A part of a memory region: bytes of one file.</summary>
/// <param name="Memory">The file; <see cref="ResolvedMemory.Offset"/> is the part's first byte.</param>
/// <param name="Start">Offset of its first byte in the region.</param>
/// <param name="Length">Bytes.</param>
internal sealed record RegionPart(ResolvedMemory Memory, ulong Start, ulong Length);
