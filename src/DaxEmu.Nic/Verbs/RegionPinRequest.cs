using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>A part of a memory region that a file backs, and what to ask the contract for it.</summary>
/// <param name="Pin">
/// What to ask for. Its access follows from the region's flags and its region from the key: both are filled in at registration.
/// </param>
/// <param name="ReadFacts">Reads the file's state in the same step as the decision.</param>
/// <param name="Offset">Offset in the region of the pinned range's first byte.</param>
public sealed record RegionPinRequest(PinRequest Pin, Func<FileFacts> ReadFacts, ulong Offset);
