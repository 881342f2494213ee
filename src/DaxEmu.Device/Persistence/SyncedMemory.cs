namespace DaxEmu.Device;

/// <summary>
/// A region's mapping, which stays mapped until its region is gone and nobody makes it durable any more. Its lock is the syncer's.
/// </summary>
/// <param name="address">Its first byte.</param>
/// <param name="isSync">All of it is mapped MAP_SYNC.</param>
/// <param name="unmap">Called once.</param>
internal sealed class SyncedMemory(nint address, bool isSync, Action unmap)
{
    /// <summary>Its first byte.</summary>
    public nint Address => address;

    /// <summary>All of it is mapped MAP_SYNC: to write cache lines back is enough.</summary>
    public bool IsSync => isSync;

    /// <summary>Holders: the region, and those who make it durable.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>Unmaps.</summary>
    public void Unmap() => unmap();
}
