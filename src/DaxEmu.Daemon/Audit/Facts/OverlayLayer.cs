namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>Where the bytes of a file on overlayfs are.</summary>
internal enum OverlayLayer
{
    /// <summary>It is not on overlayfs.</summary>
    None,

    /// <summary>In a lower layer: the first open for writing copies it to the upper one.</summary>
    Lower,

    /// <summary>In the upper layer.</summary>
    Upper,

    /// <summary>The layers cannot be seen from here.</summary>
    Unknown,
}
