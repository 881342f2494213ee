using Xunit;

namespace DaxEmu.Client.Tests.Queues;

/// <summary>Atomic writes and flushes between two programs.</summary>
public sealed class FlushTests : IDisposable
{
    private const AccessFlags Durable = AccessFlags.All | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private readonly TemporaryDirectory _directory = new();
    private readonly InProcessDaemon _daemon = new();
    private readonly ConnectedPair _pair;
    private readonly MemoryRegion _file;

    public FlushTests()
    {
        _pair = new ConnectedPair(_daemon, connection: new ConnectionOptions { Access = Durable });
        string path = _directory.Path("f");
        File.WriteAllBytes(path, new byte[8192]);
        _file = Right.Domain.RegisterFile(path, access: Durable);
    }

    private End Left => _pair.Left;

    private End Right => _pair.Right;

    public void Dispose()
    {
        _pair.Dispose();
        _daemon.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void An_atomic_write_replaces_eight_bytes()
    {
        Left.QueuePair.PostAtomicWrite(4, 0x0102030405060708, _file.Remote.Slice(16, 8));
        WorkCompletion completion = Left.Next().EnsureSuccess();
        Assert.Equal((4ul, CompletionOpcode.AtomicWrite), (completion.Id, completion.Opcode));
        Assert.Equal(0x0102030405060708ul, BitConverter.ToUInt64(_file.Span[16..]));
    }

    [Fact]
    public void An_atomic_write_must_be_aligned() =>
        Assert.Throws<RdmaException>(() => Left.QueuePair.PostAtomicWrite(4, 1, _file.Remote.Slice(4, 8)));

    [Theory]
    [InlineData(FlushTypes.Global, FlushLevel.Range)]
    [InlineData(FlushTypes.Persistent, FlushLevel.Range)]
    [InlineData(FlushTypes.Global | FlushTypes.Persistent, FlushLevel.Region)]
    public void A_flush_completes_after_the_write_before_it(FlushTypes types, FlushLevel level)
    {
        Left.QueuePair.PostWrite(1, _pair.LeftBuffer.Slice(0, 100), _file.Remote.Slice(1000));
        Left.QueuePair.PostFlush(2, _file.Remote.Slice(1000, 100), types, level);
        Assert.Equal(1ul, Left.Next().EnsureSuccess().Id);
        WorkCompletion completion = Left.Next().EnsureSuccess();
        Assert.Equal((2ul, CompletionOpcode.Flush), (completion.Id, completion.Opcode));
        Assert.Equal(_pair.LeftBuffer.GetSpan(0, 100), _file.GetSpan(1000, 100));
    }

    [Fact]
    public void A_region_that_does_not_allow_it_refuses_the_flush()
    {
        Left.QueuePair.PostFlush(2, _pair.RightBuffer.Remote, FlushTypes.Global);
        Assert.Equal(CompletionStatus.RemoteAccessError, Left.Next().Status);
    }

    [Fact]
    public void Memory_of_no_file_cannot_be_registered_to_be_durable() =>
        Assert.Throws<RdmaException>(() => Right.Domain.Allocate(4096, Durable));
}
