using System.IO.Pipes;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;

namespace DaxEmu.Device.Tests;

/// <summary>Descriptors of every kind that a client may pass for its memory, though most are no memory.</summary>
internal sealed class OddDescriptors : IDisposable
{
    private const int O_PATH = 0x20_0000;
    private const int O_DIRECTORY = 0x1_0000;
    private const int O_RDWR = 2;
    private const int O_NONBLOCK = 0x800;

    private readonly TestFile _empty = new(0);
    private readonly EventDescriptor _event = new();
    private readonly (SeqPacketConnection Near, SeqPacketConnection Far) _sockets = SeqPacketConnection.CreatePair();
    private readonly AnonymousPipeServerStream _pipe = new();
    private readonly string _fifo;

    public OddDescriptors(TestFile file)
    {
        _fifo = Path.Combine(Path.GetDirectoryName(_empty.Path)!, "fifo");
        Libc.MakeFifo(_fifo);
        All =
        [
            file.OpenReadOnly(),
            _empty.Handle,
            MemoryFile.CreateSealed("odd", 65536),
            Libc.Open(file.Path, O_PATH),
            Libc.Open("/tmp", O_DIRECTORY),
            Libc.Open(_fifo, O_RDWR | O_NONBLOCK),
            Libc.Open("/dev/null", O_RDWR),
            Libc.Open("/dev/zero", O_RDWR),
            Libc.Open("/proc/self/status", 0),
            _event.Handle,
            _sockets.Near.Handle,
            Libc.EpollCreate(),
            new SafeFileHandle(_pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false),
        ];
    }

    public SafeFileHandle[] All { get; }

    public void Dispose()
    {
        foreach (SafeFileHandle descriptor in All)
        {
            descriptor.Dispose();
        }

        _sockets.Near.Dispose();
        _sockets.Far.Dispose();
        _pipe.Dispose();
        _event.Dispose();
        _empty.Dispose();
    }
}
