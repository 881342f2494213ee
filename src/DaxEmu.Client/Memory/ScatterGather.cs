namespace DaxEmu.Client;

/// <summary>
/// Local memory of a work request: <c>struct ibv_sge</c>. Made by <see cref="MemoryRegion.Slice"/>, which checks the bounds.
/// </summary>
/// <param name="Address">Address of the first byte.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="LKey">Local key of the region it lies in.</param>
public readonly record struct ScatterGather(ulong Address, uint Length, uint LKey);
