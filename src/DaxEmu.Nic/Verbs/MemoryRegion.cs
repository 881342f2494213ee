using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>A registered memory region: client memory that work requests may name by its key.</summary>
public sealed class MemoryRegion
{
    internal MemoryRegion(uint key, ProtectionDomain domain, MemoryRegionRequest request, Pin? pin, RegionMapping mapping)
    {
        Key = key;
        Domain = domain;
        Iova = request.Iova;
        Length = request.Length;
        AccessFlags = request.AccessFlags;
        Pin = pin;
        Mapping = mapping;
    }

    /// <summary>lkey and rkey: index &lt;&lt; 8 | a byte that changes with every use of the index.</summary>
    public uint Key { get; }

    /// <summary>Its protection domain.</summary>
    public ProtectionDomain Domain { get; }

    /// <summary>Address of its first byte in the program's terms.</summary>
    public ulong Iova { get; }

    /// <summary>Its bytes.</summary>
    public ulong Length { get; }

    /// <summary>IBV_ACCESS_*.</summary>
    public uint AccessFlags { get; }

    /// <summary>The pin that holds its file in place, or null when no file backs it.</summary>
    public Pin? Pin { get; }

    internal RegionMapping Mapping { get; }

    internal bool IsGone { get; set; }
}
