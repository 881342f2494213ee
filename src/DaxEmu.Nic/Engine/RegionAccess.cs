using DaxEmu.Abi;

namespace DaxEmu.Nic;

/// <summary>Turns keys and addresses of work requests into addresses of this process.</summary>
/// <param name="block">Holds the region table.</param>
/// <param name="mappings">Where regions lie.</param>
internal sealed unsafe class RegionAccess(NicBlock block, MappingTable mappings)
{
    /// <summary>
    /// The address of a range that a work request names; null when the key is not valid, of another protection domain or without the
    /// access asked for, or the range is not inside the region. Good until the engine leaves its critical section.
    /// </summary>
    /// <param name="range">Address, length and key.</param>
    /// <param name="domain">Protection domain of the queue pair that the range was given to.</param>
    /// <param name="access">IBV_ACCESS_* that the region must have; 0 for a local read.</param>
    public byte* Resolve(in rxe_sge range, uint domain, uint access)
    {
        ref RegionContext region = ref block.RegionByKey(range.lkey);
        // Acquire: pairs with the release in Publish.
        if (range.lkey == 0 || Volatile.Read(ref region.Key) != range.lkey)
        {
            return null;
        }

        if (region.Domain != domain || (region.AccessFlags & access) != access)
        {
            return null;
        }

        ulong offset = range.addr - region.Iova;
        if (range.addr < region.Iova || offset > region.Length || range.length > region.Length - offset)
        {
            return null;
        }

        return mappings.Resolve(region.Mapping, region.Offset + offset, range.length);
    }

    /// <summary>Ends a region's use by its key (local and remote invalidate); its memory stays mapped until deregistration.</summary>
    /// <returns>False when the key is not valid or of another protection domain.</returns>
    public bool TryInvalidate(uint key, uint domain)
    {
        ref RegionContext region = ref block.RegionByKey(key);
        return key != 0
            && Volatile.Read(ref region.Key) == key
            && region.Domain == domain
            && Interlocked.CompareExchange(ref region.Key, 0, key) == key;
    }

    /// <summary>Offset in its region of a byte of a range that resolved.</summary>
    public ulong OffsetInRegion(in rxe_sge range, ulong offsetInRange) =>
        range.addr - block.RegionByKey(range.lkey).Iova + offsetInRange;
}
