using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Sockets;

/// <summary>One message taken from a <see cref="SeqPacketConnection"/>.</summary>
/// <param name="Length">Bytes received; 0 when the peer has closed its end.</param>
/// <param name="Descriptors">The descriptors that came with it, close-on-exec; the receiver owns and disposes them.</param>
/// <param name="IsTruncated">The message, or its descriptors, did not fit: what is here is incomplete.</param>
public readonly record struct ReceivedMessage(int Length, IReadOnlyList<SafeFileHandle> Descriptors, bool IsTruncated)
{
    /// <summary>True when the peer has closed its end.</summary>
    public bool IsEnd => Length == 0;

    /// <summary>Closes the descriptors that came along.</summary>
    public void CloseDescriptors()
    {
        foreach (SafeFileHandle descriptor in Descriptors)
        {
            descriptor.Dispose();
        }
    }
}
