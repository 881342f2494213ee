using DaxEmu.Contract;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>Pages of a file that one or more regions keep, and where.</summary>
/// <param name="Range">The pages in their file.</param>
/// <param name="Offset">Their first byte in the memory file that keeps them.</param>
/// <param name="Holders">The pins that cover them, each with its region.</param>
internal sealed record KeptPiece(ByteRange Range, long Offset, IReadOnlyList<(Pin Pin, MemoryRegion Region)> Holders);
