namespace DaxEmu.Contract;

/// <summary>What happens to a pin on a file whose filesystem or state cannot promise that its bytes stay in their blocks.</summary>
public enum UnstableFileRule
{
    /// <summary>It is granted: the page stays.</summary>
    Allow,

    /// <summary>It is refused.</summary>
    Refuse,
}
