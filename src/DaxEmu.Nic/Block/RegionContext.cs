using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>
/// A memory region, or a memory window, as the engines know it. A region's fields stand still while its key is valid. A window's change
/// when it is bound: see <see cref="WindowLock"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct RegionContext
{
    /// <summary>
    /// The key that memory can be reached by now; 0 when none. Of a region: written last on registration, first on deregistration.
    /// </summary>
    public uint Key;

    public uint Domain;
    public uint AccessFlags;
    public int Mapping;
    public ulong Offset;
    public ulong Iova;
    public ulong Length;

    /// <summary>Of a region: windows bound to it; <see cref="WindowCount.Closed"/> from its deregistration on.</summary>
    public int Windows;

    /// <summary>Of a window: IBV_MW_TYPE_*; 0 when the entry is free.</summary>
    public uint Type;

    /// <summary>Of a window: its rkey, bound or not.</summary>
    public uint WindowKey;

    /// <summary>Of a bound window: the region's key; else 0.</summary>
    public uint RegionKey;

    /// <summary>Of a bound window of type 2: number of the queue pair it was bound on, which alone serves it; else 0.</summary>
    public uint Queue;

    /// <summary>Of a window: see <see cref="WindowLock"/>.</summary>
    public uint Version;

    /// <summary>True when bytes lie inside: see <see cref="AddressRange"/>.</summary>
    public readonly bool TryOffset(ulong address, ulong bytes, out ulong offset) =>
        AddressRange.TryOffset(Iova, Length, address, bytes, out offset);
}
