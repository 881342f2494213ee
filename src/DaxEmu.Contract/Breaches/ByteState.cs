namespace DaxEmu.Contract;

/// <summary>What lies under bytes of a file.</summary>
public enum ByteState
{
    /// <summary>Nothing: they lie behind the end of the file.</summary>
    BeyondEnd,

    /// <summary>No block.</summary>
    Hole,

    /// <summary>A block that was given to the file and never written.</summary>
    Unwritten,

    /// <summary>Data in memory, which has no block yet.</summary>
    Cached,

    /// <summary>Data in a block.</summary>
    Written,
}
