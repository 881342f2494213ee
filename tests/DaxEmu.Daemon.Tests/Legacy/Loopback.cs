using DaxEmu.Client;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>A region over a file, and a pair of queue pairs of one program to write and read it by.</summary>
internal sealed class Loopback : IDisposable
{
    private readonly string _file;
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
        ConnectionOptions options = new() { Access = AccessFlags.All | AccessFlags.FlushPersistent };
        _near.Connect(_far.Address, options);
        _far.Connect(_near.Address, options);
        _buffer = _domain.Allocate(4096);
        _file = file;
        Region = Register();
    }

    /// <summary>The region; its span is the program's own mapping of the file.</summary>
    public MemoryRegion Region { get; private set; }

    /// <summary>Registers the whole file once more.</summary>
    public MemoryRegion Register(AccessFlags access = AccessFlags.All) => _domain.RegisterFile(_file, access: access);

    /// <summary>Deregisters the region and registers the file anew.</summary>
    public void RegisterAgain()
    {
        Region.Dispose();
        Region = Register();
    }

    /// <summary>RDMA-writes a byte.</summary>
    public void Write(ulong offset, byte value) => Write(Region, offset, value);

    /// <summary>RDMA-writes a byte through another region.</summary>
    public void Write(MemoryRegion region, ulong offset, byte value)
    {
        _buffer.Span[0] = value;
        _near.PostWrite(1, _buffer.Slice(0, 1), region.Remote.Slice(offset));
        Next();
    }

    /// <summary>RDMA-reads a byte.</summary>
    public byte Read(ulong offset) => Read(Region, offset);

    /// <summary>RDMA-reads a byte through another region.</summary>
    public byte Read(MemoryRegion region, ulong offset)
    {
        _near.PostRead(1, _buffer.Slice(0, 1), region.Remote.Slice(offset, 1));
        Next();
        return _buffer.Span[0];
    }

    /// <summary>RDMA-writes a byte; what became of it. After a failure nothing goes any more.</summary>
    public CompletionStatus TryWrite(ulong offset, byte value)
    {
        _buffer.Span[0] = value;
        _near.PostWrite(1, _buffer.Slice(0, 1), Region.Remote.Slice(offset));
        return Completion().Status;
    }

    /// <summary>RDMA-flushes a byte to persistence.</summary>
    public void Persist(MemoryRegion region, ulong offset)
    {
        _near.PostFlush(1, region.Remote.Slice(offset, 1), FlushTypes.Persistent);
        Next();
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

    private void Next() => Completion().EnsureSuccess();

    private WorkCompletion Completion()
    {
        WorkCompletion[] one = new WorkCompletion[1];
        while (_completions.Poll(one) == 0)
        {
            Thread.Yield();
        }

        return one[0];
    }
}
