namespace DaxEmu.Contract;

/// <summary>What a store through a pinned mapping must reach.</summary>
public enum MappingRule
{
    /// <summary>The page cache or the storage.</summary>
    Any,

    /// <summary>The storage (<see cref="PinMapping.Sync"/>).</summary>
    Sync,
}
