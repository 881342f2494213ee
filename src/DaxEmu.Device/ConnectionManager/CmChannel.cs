using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device;

/// <summary>
/// The descriptor that a program has of an open rdma_cm file: one end of a SEQPACKET socket pair, with a token of a byte for each event
/// that waits. So poll(2), epoll(7) and a blocking read tell what the kernel's would.
/// </summary>
/// <remarks>Like an <see cref="EventChannel"/>, it keeps the client's end open here, to take tokens back.</remarks>
internal sealed class CmChannel : ICmSignal, IDisposable
{
    // Of our end, in the abstract namespace: by getpeername(2), any process knows the client's end for what it is (daxemu/device.h).
    private const string NamePrefix = "@daxemu-rdma_cm-";

    private static readonly byte[] Token = [1];

    private readonly SeqPacketConnection _near;
    private readonly SeqPacketConnection _far;

    /// <summary>Makes a channel.</summary>
    /// <exception cref="Linux.LinuxException">socketpair(2) or bind(2) failed.</exception>
    public CmChannel()
    {
        (_near, _far) = SeqPacketConnection.CreatePair();
        try
        {
            _near.SetName(NamePrefix + Guid.NewGuid().ToString("N"));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The client's end, to be passed to it.</summary>
    public SafeFileHandle ClientEnd => _far.Handle;

    /// <inheritdoc/>
    public bool TryShow() => _near.TrySend(Token) == 0;

    /// <inheritdoc/>
    public bool TryTakeBack()
    {
        Span<byte> token = stackalloc byte[1];
        return _far.TryReceive(token, out ReceivedMessage message) == 0 && !message.IsEnd;
    }

    /// <summary>Closes both ends.</summary>
    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }
}
