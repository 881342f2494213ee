using Xunit;

namespace DaxEmu.Client.Tests.Queues;

/// <summary>Memory windows between two programs.</summary>
public sealed class WindowTests : IDisposable
{
    private const AccessFlags Bindable = AccessFlags.All | AccessFlags.WindowBind;

    private readonly InProcessDaemon _daemon = new();
    private readonly ConnectedPair _pair;
    private readonly MemoryRegion _region;

    public WindowTests()
    {
        _pair = new ConnectedPair(_daemon);
        _region = Right.Domain.Allocate(8192, Bindable);
    }

    private End Left => _pair.Left;

    private End Right => _pair.Right;

    private MemoryRegion Here => _pair.LeftBuffer;

    public void Dispose()
    {
        _pair.Dispose();
        _daemon.Dispose();
    }

    [Theory]
    [InlineData(MemoryWindowType.One)]
    [InlineData(MemoryWindowType.Two)]
    public void A_window_gives_a_peer_a_part_of_a_region_and_no_more(MemoryWindowType type)
    {
        RemoteMemory part = Bind(Right.Domain.AllocateWindow(type));

        Left.QueuePair.PostWrite(1, Here.Slice(0, 100), part);
        Left.Next().EnsureSuccess();
        Assert.Equal(Here.GetSpan(0, 100), _region.GetSpan(1000, 100));

        Left.QueuePair.PostWrite(2, Here.Slice(0, 101), part with { Length = 101 });
        Assert.Equal(CompletionStatus.RemoteAccessError, Left.Next().Status);
    }

    [Fact]
    public void A_region_cannot_be_deregistered_under_a_window_and_goes_with_it()
    {
        MemoryWindow window = Right.Domain.AllocateWindow(MemoryWindowType.Two);
        Bind(window);

        window.Dispose();
        _region.Dispose();
    }

    [Fact]
    public void Invalidated_by_its_owner_the_key_is_dead()
    {
        RemoteMemory part = Bind(Right.Domain.AllocateWindow(MemoryWindowType.Two));

        Right.QueuePair.PostInvalidate(3, part.RKey);
        WorkCompletion completion = Right.Next().EnsureSuccess();
        Assert.Equal((3ul, CompletionOpcode.LocalInvalidate), (completion.Id, completion.Opcode));

        Left.QueuePair.PostWrite(1, Here.Slice(0, 8), part);
        Assert.Equal(CompletionStatus.RemoteAccessError, Left.Next().Status);
    }

    [Fact]
    public void A_send_with_invalidate_names_the_key_to_the_receiver_and_ends_its_use()
    {
        RemoteMemory part = Bind(Right.Domain.AllocateWindow(MemoryWindowType.Two));
        Right.QueuePair.PostReceive(1, _pair.RightBuffer.Local);
        SendWorkRequest request = new() { Opcode = SendOpcode.SendWithInvalidate, Flags = SendFlags.Signaled, InvalidateRKey = part.RKey };

        Assert.True(Left.QueuePair.TryPost(request, [Here.Slice(0, 1)]));

        Left.Next().EnsureSuccess();
        WorkCompletion received = Right.Next().EnsureSuccess();
        Assert.Equal((CompletionFlags.WithInvalidate, part.RKey), (received.Flags, received.InvalidatedRKey));
        Left.QueuePair.PostWrite(1, Here.Slice(0, 8), part);
        Assert.Equal(CompletionStatus.RemoteAccessError, Left.Next().Status);
    }

    [Fact]
    public void A_regions_own_key_cannot_be_invalidated()
    {
        Right.QueuePair.PostInvalidate(3, _region.RKey);
        Assert.Equal(CompletionStatus.LocalQueuePairOperationError, Right.Next().Status);
    }

    private RemoteMemory Bind(MemoryWindow window)
    {
        RemoteMemory part = Right.QueuePair.PostBind(1, window, _region.Slice(1000, 100), AccessFlags.RemoteWrite);
        WorkCompletion completion = Right.Next().EnsureSuccess();
        Assert.Equal((1ul, CompletionOpcode.BindWindow), (completion.Id, completion.Opcode));
        Assert.Equal((window.RKey, 100ul), (part.RKey, part.Length));
        return part;
    }
}
