namespace DaxEmu.Contract;

/// <summary>What a store through the pinned mapping reaches.</summary>
public enum PinMapping
{
    /// <summary>The storage itself (MAP_SYNC on a DAX file): a flushed cache line is durable.</summary>
    Sync,

    /// <summary>The page cache: durable after fsync.</summary>
    PageCache,

    /// <summary>Nothing is mapped: each access of the device reads or writes the file (pread(2), pwrite(2)), and finds what it has then.</summary>
    Bounce,
}
