namespace DaxEmu.Client.Tests;

/// <summary>Two programs, connected to each other, each with a buffer.</summary>
internal sealed class ConnectedPair : IDisposable
{
    public const int BufferLength = 64 * 1024;

    public ConnectedPair(InProcessDaemon daemon, QueuePairOptions? options = null, ConnectionOptions? connection = null)
    {
        Left = new End(daemon, options);
        Right = new End(daemon, options);
        Left.QueuePair.Connect(Right.QueuePair.Address, connection);
        Right.QueuePair.Connect(Left.QueuePair.Address, connection);
        LeftBuffer = Left.Domain.Allocate(BufferLength);
        RightBuffer = Right.Domain.Allocate(BufferLength);
        new Random(1).NextBytes(LeftBuffer.Span);
    }

    public End Left { get; }

    public End Right { get; }

    public MemoryRegion LeftBuffer { get; }

    public MemoryRegion RightBuffer { get; }

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }
}
