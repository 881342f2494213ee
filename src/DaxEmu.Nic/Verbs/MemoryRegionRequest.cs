using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>A wish to register memory (ibv_reg_mr_iova(3)).</summary>
/// <param name="Iova">Address of the first byte in the program's terms, as work requests will give it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="AccessFlags">IBV_ACCESS_*.</param>
/// <param name="Pin">
/// What to ask the contract for, or null when no file backs the memory. Its access follows from the flags and its region from the key:
/// both are filled in here.
/// </param>
/// <param name="ReadFacts">Reads the file's state in the same step as the decision; null only when <paramref name="Pin"/> is.</param>
/// <param name="Map">Maps the memory; called once the pin is held. A failure gives the pin back.</param>
public sealed record MemoryRegionRequest(
    ulong Iova,
    ulong Length,
    uint AccessFlags,
    PinRequest? Pin,
    Func<FileFacts>? ReadFacts,
    Func<NicResult<RegionMapping>> Map);
