namespace DaxEmu.Contract;

/// <summary>What happens to a pin on bytes that have no block, or one that was never written.</summary>
public enum HoleRule
{
    /// <summary>It is granted: the first write finds a block, or there is none left.</summary>
    Allow,

    /// <summary>A hole gets blocks before a pin for writing is granted (fallocate(2)); one that is unwritten has its block already.</summary>
    Allocate,

    /// <summary>It is refused.</summary>
    Refuse,
}
