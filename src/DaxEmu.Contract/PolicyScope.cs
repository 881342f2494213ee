namespace DaxEmu.Contract;

/// <summary>Where a policy was set, nearest first.</summary>
public enum PolicyScope
{
    /// <summary>An extended attribute of the file itself.</summary>
    File,

    /// <summary>An extended attribute of the nearest directory above it that has one.</summary>
    Directory,

    /// <summary>The volume's entry in the configuration.</summary>
    Volume,

    /// <summary>The configuration's default.</summary>
    Configuration,
}
