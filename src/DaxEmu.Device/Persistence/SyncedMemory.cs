using DaxEmu.Linux.Memory;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>
/// What a region reaches, which stays until the region is gone and nobody makes it durable any more. Its lock is the syncer's.
/// </summary>
internal sealed class SyncedMemory
{
    private readonly Func<MappedRange, int> _sync;
    private readonly Action _release;

    private SyncedMemory(bool isQuick, Func<MappedRange, int> sync, Action release)
    {
        IsQuick = isQuick;
        _sync = sync;
        _release = release;
    }

    /// <summary>Making it durable waits for no disk.</summary>
    public bool IsQuick { get; }

    /// <summary>Holders: the region, and those who make it durable.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>A mapping.</summary>
    /// <param name="address">Its first byte.</param>
    /// <param name="isSync">All of it is mapped MAP_SYNC: to write cache lines back is enough.</param>
    /// <param name="persist">Brings to the disk what is held back of a range that was written back.</param>
    /// <param name="unmap">Called once.</param>
    public static SyncedMemory Mapped(nint address, bool isSync, Func<MappedRange, int> persist, Action unmap) => new(
        isSync,
        isSync
            ? range => GuardedCopy.TryWriteBack(address + (nint)range.Offset, (nuint)range.Length) ? 0 : EFAULT
            : range => MappedSync.Sync(address + (nint)range.Offset, (nuint)range.Length) is not 0 and int errno ? errno : persist(range),
        unmap);

    /// <summary>Files that are not mapped.</summary>
    public static SyncedMemory Bounced(BouncedRange files) => new(false, range => files.Sync(range.Offset, range.Length), files.Dispose);

    /// <summary>Makes a range durable.</summary>
    /// <returns>0, or the errno.</returns>
    public int Sync(MappedRange range) => _sync(range);

    /// <summary>Lets go of it.</summary>
    public void Release() => _release();
}
