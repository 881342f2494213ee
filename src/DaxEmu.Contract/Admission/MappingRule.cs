namespace DaxEmu.Contract;

/// <summary>What a store through a pinned mapping must reach.</summary>
public enum MappingRule
{
    /// <summary>The page cache or the storage.</summary>
    Any,

    /// <summary>The storage (<see cref="PinMapping.Sync"/>).</summary>
    Sync,

    /// <summary>The storage, or else the file: its pages are not mapped, and the device copies (<see cref="PinMapping.Bounce"/>).</summary>
    Bounce,
}
