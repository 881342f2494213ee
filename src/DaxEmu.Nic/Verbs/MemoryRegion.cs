namespace DaxEmu.Nic;

/// <summary>A registered memory region: client memory that work requests may name by its key.</summary>
public sealed class MemoryRegion
{
    internal MemoryRegion(uint key, ProtectionDomain domain, MemoryRegionRequest request, IReadOnlyList<RegionPin> pins, RegionMapping mapping)
    {
        Key = key;
        Domain = domain;
        Iova = request.Iova;
        Length = request.Length;
        AccessFlags = request.AccessFlags;
        Pins = pins;
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

    /// <summary>The pins that hold the files behind it in place, in the order of its bytes; none where no file backs it.</summary>
    public IReadOnlyList<RegionPin> Pins { get; }

    /// <summary>Where it is mapped; of a region that was deregistered, where it was.</summary>
    public RegionMapping Mapping { get; }

    /// <summary>Where a range of addresses lies in the region.</summary>
    /// <param name="address">The first address, as a work request names it.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="offset">Of the first one, from the region's first byte.</param>
    /// <returns>False when it does not lie inside.</returns>
    public bool TryOffset(ulong address, ulong bytes, out ulong offset) => AddressRange.TryOffset(Iova, Length, address, bytes, out offset);

    /// <summary>Its pages that are no longer the file's; null when it has none.</summary>
    internal OrphanPages? Orphans { get; set; }

    /// <summary>Which bytes engines wrote; null when nobody has asked.</summary>
    internal WrittenBytes? Written { get; set; }

    /// <summary>Guards these two, and nothing is waited for under it.</summary>
    internal Lock MarksGate { get; } = new();

    /// <summary>These two are freed: none may be made any more.</summary>
    internal bool HasNoMarks { get; private set; }

    /// <summary>Frees both. No engine may use the region any more.</summary>
    internal void FreeMarks()
    {
        lock (MarksGate)
        {
            HasNoMarks = true;
            Orphans?.Dispose();
            Written?.Dispose();
        }
    }

    internal bool IsGone { get; set; }
}
