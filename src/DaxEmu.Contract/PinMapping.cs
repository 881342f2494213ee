namespace DaxEmu.Contract;

/// <summary>What a store through the pinned mapping reaches.</summary>
public enum PinMapping
{
    /// <summary>The storage itself (MAP_SYNC on a DAX file): a flushed cache line is durable.</summary>
    Sync,

    /// <summary>The page cache: durable after fsync.</summary>
    PageCache,
}
