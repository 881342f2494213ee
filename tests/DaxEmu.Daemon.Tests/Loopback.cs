using DaxEmu.Client;

namespace DaxEmu.Daemon.Tests;

/// <summary>A region over a file, and a pair of queue pairs of one program to write and read it by.</summary>
internal sealed class Loopback : IDisposable
{
    private readonly ProtectionDomain _domain;
    private readonly CompletionQueue _completions;
    private readonly QueuePair _near;
    private readonly QueuePair _far;
    private readonly MemoryRegion _buffer;

    public Loopback(RdmaDevice device, string file)
    {
        _domain = device.CreateProtectionDomain();
        _completions = device.CreateCompletionQueue(16);
        _near = _domain.CreateQueuePair(_completions);
        _far = _domain.CreateQueuePair(_completions);
        _near.Connect(_far.Address);
        _far.Connect(_near.Address);
        _buffer = _domain.Allocate(4096);
        Region = _domain.RegisterFile(file);
    }

    /// <summary>The region; its span is the program's own mapping of the file.</summary>
    public MemoryRegion Region { get; }

    /// <summary>RDMA-writes a byte.</summary>
    public void Write(ulong offset, byte value)
    {
        _buffer.Span[0] = value;
        _near.PostWrite(1, _buffer.Slice(0, 1), Region.Remote.Slice(offset));
        Next();
    }

    /// <summary>RDMA-reads a byte.</summary>
    public byte Read(ulong offset)
    {
        _near.PostRead(1, _buffer.Slice(0, 1), Region.Remote.Slice(offset, 1));
        Next();
        return _buffer.Span[0];
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
        Region.Dispose();
        _buffer.Dispose();
        _completions.Dispose();
        _domain.Dispose();
    }

    private void Next()
    {
        WorkCompletion[] one = new WorkCompletion[1];
        while (_completions.Poll(one) == 0)
        {
            Thread.Yield();
        }

        one[0].EnsureSuccess();
    }
}
