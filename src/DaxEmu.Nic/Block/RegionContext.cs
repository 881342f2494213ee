using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>A memory region as the engines know it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct RegionContext
{
    /// <summary>The key that is valid now; 0 when none. Written last on registration, first on deregistration.</summary>
    public uint Key;

    public uint Domain;
    public uint AccessFlags;
    public int Mapping;
    public ulong Offset;
    public ulong Iova;
    public ulong Length;
}
