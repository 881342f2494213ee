using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>Client memory, ready to be pinned and mapped.</summary>
public sealed class ResolvedMemory : IDisposable
{
    /// <summary>The file to map.</summary>
    public required SafeFileHandle File { get; init; }

    /// <summary>What must live until the memory is pinned and mapped, such as <see cref="File"/> when it was opened for this; or null.</summary>
    public IDisposable? Keep { get; init; }

    /// <summary>The backing file's identity; null for memory that only looks like a file (a memfd): no contract is asked.</summary>
    public FileIdentity? Identity { get; init; }

    /// <summary>A name of the file, for messages.</summary>
    public required string Path { get; init; }

    /// <summary>Offset of the segment's first byte in <see cref="File"/>.</summary>
    public required ulong Offset { get; init; }

    /// <summary>The client's descriptor may be written through.</summary>
    public required bool CanWrite { get; init; }

    /// <summary>
    /// <see cref="PinMapping.Sync"/>: map it MAP_SYNC; the registration fails when that turns out not to work.
    /// </summary>
    public required PinMapping Mapping { get; init; }

    /// <summary>
    /// <see cref="File"/> lies on a mount that this process serves, and that has a page cache of its own: a write through it could wait for the
    /// operation that waits for the write.
    /// </summary>
    public bool IsOnOwnMount { get; init; }

    /// <summary>Reads the file's size and the client's rights now.</summary>
    public required Func<FileFacts> ReadFacts { get; init; }

    /// <summary>Lets go of what was kept.</summary>
    public void Dispose() => Keep?.Dispose();
}
