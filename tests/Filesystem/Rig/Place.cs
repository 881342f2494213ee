namespace DaxEmu.Filesystem.Rig;

/// <summary>Where a suite runs.</summary>
public enum Place
{
    /// <summary>On ext4 itself: what fails there too says nothing of the mount.</summary>
    Bare,

    /// <summary>On a mount that passes through.</summary>
    Passthrough,

    /// <summary>On a mount with a page cache of its own.</summary>
    PageCache,
}
