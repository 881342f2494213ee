namespace DaxEmu.Contract;

/// <summary>What happens to a pin on blocks that a clone or a snapshot uses too.</summary>
public enum SharedExtentRule
{
    /// <summary>It is granted: the next write moves the bytes to blocks of their own, the page stays.</summary>
    Allow,

    /// <summary>The bytes get blocks of their own before it is granted (fallocate(2), FALLOC_FL_UNSHARE_RANGE).</summary>
    Unshare,

    /// <summary>It is refused.</summary>
    Refuse,
}
