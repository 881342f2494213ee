using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Watch;

/// <summary>Reads where a file's bytes lie. Any thread may read.</summary>
internal interface IFileMapReader : IDisposable
{
    /// <summary>The filesystem leaves written blocks where they are, so a block that moved was moved by an operation.</summary>
    bool BlocksStay { get; }

    /// <summary>The file, open for reading.</summary>
    SafeFileHandle File { get; }

    /// <summary>Looks at a range.</summary>
    /// <returns>A map of all of it; empty when the file could not be asked.</returns>
    FileMap Read(ByteRange range);
}
