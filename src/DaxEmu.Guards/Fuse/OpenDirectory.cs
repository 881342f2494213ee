using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards.Fuse;

/// <summary>A directory opened on the mount.</summary>
internal sealed class OpenDirectory(Node node, SafeFileHandle descriptor)
{
    internal Node Node => node;

    internal SafeFileHandle Descriptor => descriptor;

    /// <summary>Guards the descriptor's position and the buffer.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>Where the next getdents64(2) reads: a d_off, opaque.</summary>
    internal long Position { get; set; }

    internal byte[] Entries { get; } = new byte[32 * 1024];
}
