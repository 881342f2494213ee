using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards;

/// <summary>A file of an <see cref="InPlaceVolume"/> that is known.</summary>
internal sealed class InPlaceFile(FileIdentity identity, SafeFileHandle handle)
{
    internal FileIdentity Identity => identity;

    /// <summary>O_PATH descriptor. While it is open the inode number cannot be used for another file.</summary>
    internal SafeFileHandle Handle => handle;

    /// <summary>References to it. Guarded by the volume.</summary>
    internal int Holds { get; set; }

    /// <summary>Guards what follows.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Pins on the file, as reported to the guard.</summary>
    internal int Pins { get; set; }
}
