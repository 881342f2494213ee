using DaxEmu.Contract;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>
/// A region's mapping, which stays mapped until its region is gone and nobody makes it durable any more. Its lock is the syncer's.
/// </summary>
/// <param name="address">Its first byte.</param>
/// <param name="isSync">All of it is mapped MAP_SYNC.</param>
/// <param name="parts">The parts of it that lie in files.</param>
/// <param name="unmap">Called once.</param>
internal sealed class SyncedMemory(nint address, bool isSync, IReadOnlyList<RegionPinRequest> parts, Action unmap)
{
    /// <summary>Its first byte.</summary>
    public nint Address => address;

    /// <summary>All of it is mapped MAP_SYNC: to write cache lines back is enough.</summary>
    public bool IsSync => isSync;

    /// <summary>Holders: the region, and those who make it durable.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>The bytes of files that a range of it holds.</summary>
    public IEnumerable<(FileIdentity File, ByteRange Range)> BytesOf(MappedRange range)
    {
        ByteRange wanted = ByteRange.OfLength(range.Offset, range.Length);
        foreach (RegionPinRequest part in parts)
        {
            ByteRange own = wanted.IntersectWith(ByteRange.OfLength(part.Offset, part.Pin.Range.Length));
            if (!own.IsEmpty)
            {
                yield return (part.Pin.File, ByteRange.OfLength(part.Pin.Range.Start + own.Start - part.Offset, own.Length));
            }
        }
    }

    /// <summary>Unmaps.</summary>
    public void Unmap() => unmap();
}
