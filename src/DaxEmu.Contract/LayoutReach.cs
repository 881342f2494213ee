namespace DaxEmu.Contract;

/// <summary>Which bytes an operation changes, of those that its arguments name.</summary>
public enum LayoutReach
{
    /// <summary>Those from the offset on, as many as the length says.</summary>
    Range,

    /// <summary>All from the offset on: they are cut, or move.</summary>
    ToTheEnd,

    /// <summary>All of the file.</summary>
    WholeFile,
}
