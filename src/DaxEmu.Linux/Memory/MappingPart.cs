using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Memory;

/// <summary>A byte range of a file, to be mapped next to others.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes; at least one.</param>
/// <param name="Sync">Map it MAP_SYNC, or fail.</param>
public readonly record struct MappingPart(SafeFileHandle File, long Offset, long Length, bool Sync);
