namespace DaxEmu.Device;

/// <summary>What a memory region counts for.</summary>
/// <param name="Segments">Objects of the user: each segment is a mapping of the daemon.</param>
/// <param name="LockedBytes">Of the locked memory of the process.</param>
internal readonly record struct RegionCharge(int Segments, long LockedBytes);
