using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Guards;

/// <summary>A file that a guard knows; it stays known, and its descriptor open, until this is disposed.</summary>
internal sealed class HeldFile(SafeFileHandle handle, Action release) : IDisposable
{
    private Action? _release = release;

    /// <summary>O_PATH descriptor of the backing file.</summary>
    internal SafeFileHandle Handle => handle;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
