using DaxEmu.Linux.Memory;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>Memory of a client that nobody else can map.</summary>
/// <param name="memory">The client's memory, /proc/PID/mem; disposed with this.</param>
/// <param name="start">Address of the first byte, in the client.</param>
/// <param name="copier">Does the copying.</param>
internal sealed unsafe class ProcessRange(SafeFileHandle memory, ulong start, UnmappedCopier copier) : UnmappedRange(copier)
{
    /// <inheritdoc/>
    public override int Read(ulong offset, byte* to, uint length) => DescriptorCopy.Read(memory, start + offset, to, length);

    /// <inheritdoc/>
    public override int Write(ulong offset, byte* from, uint length) => DescriptorCopy.Write(memory, start + offset, from, length);

    /// <inheritdoc/>
    public override void Dispose() => memory.Dispose();
}
