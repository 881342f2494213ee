using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Linux.Served;

/// <summary>
/// The requests of a mount that this process serves (/dev/fuse). Those that write changed pages back are kept while
/// <see cref="WriteBackGate"/> is closed, and carried out before it opens.
/// </summary>
public sealed unsafe class RequestChannel : IDisposable
{
    private readonly SafeFileHandle _device;
    private readonly int _size;
    private readonly Action<ReadOnlySpan<byte>> _carryOut;
    private readonly byte[] _kept;
    private readonly nint _channel;
    private bool _ended;

    /// <summary>Begins.</summary>
    /// <param name="device">The connection, which stays open longer.</param>
    /// <param name="size">Bytes of the longest request.</param>
    /// <param name="carryOut">Carries out a request that was kept. It has been answered: a failure is to be told later.</param>
    /// <exception cref="LinuxException">No memory, descriptors or threads are left.</exception>
    public RequestChannel(SafeFileHandle device, int size, Action<ReadOnlySpan<byte>> carryOut)
    {
        (_device, _size, _carryOut) = (device, size, carryOut);
        _kept = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        _channel = NativeGate.OpenChannel(device, (nuint)size);
        if (_channel == 0)
        {
            throw new LinuxException("the channel of a mount's requests", Marshal.GetLastPInvokeError());
        }

        WriteBackGate.Add(this);
    }

    /// <summary>Waits for a request.</summary>
    /// <param name="buffer">Pinned and touched: the kernel must be able to copy into it whatever the process is at.</param>
    /// <returns>Its length, or a negated errno: ENODEV once unmounted.</returns>
    public int Read(byte[] buffer)
    {
        fixed (byte* start = Fitting(buffer))
        {
            return (int)NativeGate.Read(_channel, start);
        }
    }

    /// <summary>Waits for a request that was read while no thread was in <see cref="Read"/>; some thread is always to be here.</summary>
    /// <inheritdoc cref="Read"/>
    public int Take(byte[] buffer)
    {
        fixed (byte* start = Fitting(buffer))
        {
            return (int)NativeGate.Take(_channel, start);
        }
    }

    /// <summary>To be told once for each request from <see cref="Read"/> or <see cref="Take"/> that writes pages back, when it is answered.</summary>
#pragma warning disable CA1822 // Only those of a channel are counted.
    public void Answered() => NativeGate.Answered();
#pragma warning restore CA1822

    /// <summary>Waits until no write that the kernel takes for done is left to be carried out.</summary>
    public void Settle() => NativeGate.Settle(_channel, 0, 0, 0);

    /// <summary>As <see cref="Settle()"/>, for bytes of a node.</summary>
    public void Settle(ulong node, ulong offset, uint length) => NativeGate.Settle(_channel, node, offset, length);

    /// <summary>Ends the waiting in <see cref="Take"/>.</summary>
    public void End()
    {
        if (!_ended)
        {
            _ended = true;
            NativeGate.End(_channel);
        }
    }

    /// <summary>Ends; no other thread uses it any more.</summary>
    public void Dispose()
    {
        End();
        WriteBackGate.Remove(this);
        NativeGate.CloseChannel(_channel);
        GC.KeepAlive(_device);
    }

    internal void CarryOutKept()
    {
        fixed (byte* start = _kept)
        {
            nint length;
            while ((length = NativeGate.First(_channel, start)) != 0)
            {
                if (length > 0)
                {
                    _carryOut(_kept.AsSpan(0, (int)length));
                }

                NativeGate.Drop(_channel);
            }
        }
    }

    private byte[] Fitting(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, _size, nameof(buffer));
        return buffer;
    }
}
