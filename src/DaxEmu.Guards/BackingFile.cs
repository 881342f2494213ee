using DaxEmu.Contract;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards;

/// <summary>
/// What a client's descriptor of a guarded file stands for. Keep it until the guard knows of the pin
/// (<see cref="IVolumeGuard.OnPinned"/>): while it lives the guard does not forget the file.
/// </summary>
public sealed class BackingFile : IDisposable
{
    private Action? _release;

    internal BackingFile(FileIdentity identity, string path, SafeFileHandle? descriptor, SafeFileHandle? blocks, Action release)
    {
        Identity = identity;
        Path = path;
        Descriptor = descriptor;
        Blocks = blocks;
        _release = release;
    }

    /// <summary>The backing file.</summary>
    public FileIdentity Identity { get; }

    /// <summary>A name of it as programs see it, for messages.</summary>
    public string Path { get; }

    /// <summary>
    /// The backing file, opened with the client's access mode: what a device maps. Null when the client's descriptor is to be mapped itself,
    /// because it is of the backing file, or because the mount has a page cache of its own: that must be touched only from native code that the garbage collector need not stop
    /// (a plain P/Invoke): a page fault there is served by threads of this process, which may have to wait for a collection.
    /// </summary>
    public SafeFileHandle? Descriptor { get; }

    /// <summary>The backing file, opened with the client's access mode: to ask where its bytes lie. Null when it is no regular file, and when
    /// the client's descriptor can be asked itself.</summary>
    public SafeFileHandle? Blocks { get; }

    /// <summary>Closes <see cref="Descriptor"/> and <see cref="Blocks"/>.</summary>
    public void Dispose()
    {
        Descriptor?.Dispose();
        Blocks?.Dispose();
        Interlocked.Exchange(ref _release, null)?.Invoke();
    }
}
