namespace DaxEmu.Contract;

/// <summary>What would make a file fit for a pin.</summary>
internal enum Remedy
{
    /// <summary>Nothing is in the way.</summary>
    None,

    /// <summary>Blocks for its holes.</summary>
    Allocate,

    /// <summary>Blocks of its own.</summary>
    Unshare,
}
