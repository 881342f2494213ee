using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>Memory of a client that only copying reaches.</summary>
/// <param name="memory">The client's memory; disposed with this.</param>
/// <param name="start">Address of the first byte, in the client.</param>
/// <param name="copier">Does the copying.</param>
internal sealed class UnmappedRange(SafeFileHandle memory, ulong start, UnmappedCopier copier) : IDisposable
{
    /// <summary>The client's memory: /proc/PID/mem.</summary>
    public SafeFileHandle Memory => memory;

    /// <summary>Address of the first byte, in the client.</summary>
    public ulong Start => start;

    /// <summary>Does the copying.</summary>
    public UnmappedCopier Copier => copier;

    /// <summary>Copies not yet ended; the copier's.</summary>
    public int Pending { get; set; }

    /// <summary>Closes the descriptor, once no copy uses it.</summary>
    public void Dispose() => memory.Dispose();
}
