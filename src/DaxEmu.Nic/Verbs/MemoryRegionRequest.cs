namespace DaxEmu.Nic;

/// <summary>A wish to register memory (ibv_reg_mr_iova(3)).</summary>
/// <param name="Iova">Address of the first byte in the program's terms, as work requests will give it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="AccessFlags">IBV_ACCESS_*.</param>
/// <param name="Pins">What to ask the contract for, a request for each part that a file backs; asked for in this order.</param>
/// <param name="Map">Maps the memory; called with the pins once all are held. A failure gives them back.</param>
public sealed record MemoryRegionRequest(
    ulong Iova,
    ulong Length,
    uint AccessFlags,
    IReadOnlyList<RegionPinRequest> Pins,
    Func<IReadOnlyList<RegionPin>, NicResult<RegionMapping>> Map);
