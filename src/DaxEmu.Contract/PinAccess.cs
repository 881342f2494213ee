namespace DaxEmu.Contract;

/// <summary>What the device may do with the pinned bytes.</summary>
[Flags]
public enum PinAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read them.</summary>
    Read = 1,

    /// <summary>Write them.</summary>
    Write = 2,
}
