using DaxEmu.Abi;
using Xunit;

namespace DaxEmu.Client.Tests.Queues;

/// <summary>The state machine as a program sees it.</summary>
public sealed class QueuePairStateTests : IDisposable
{
    private readonly InProcessDaemon _daemon = new();
    private readonly End _left;
    private readonly End _right;

    public QueuePairStateTests()
    {
        _left = new End(_daemon);
        _right = new End(_daemon);
    }

    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
        _daemon.Dispose();
    }

    [Fact]
    public async Task Each_step_shows_in_the_state()
    {
        QueuePair queuePair = _left.QueuePair;
        List<QueuePairState> states = [queuePair.QueryState()];

        queuePair.ToInit();
        states.Add(queuePair.QueryState());
        queuePair.ToReadyToReceive(_right.QueuePair.Address);
        states.Add(queuePair.QueryState());
        queuePair.ToReadyToSend();
        states.Add(queuePair.QueryState());
        queuePair.ToSendQueueDrained();
        states.Add(queuePair.QueryState());
        AsyncEvent drained = await _left.Device.AsyncEvents.ReadAsync(TestContext.Current.CancellationToken);
        queuePair.ToReadyToSend();
        states.Add(queuePair.QueryState());
        queuePair.ToError();
        states.Add(queuePair.QueryState());

        Assert.Equal(new AsyncEvent(AsyncEventType.SendQueueDrained, queuePair, null), drained);
        Assert.Equal(
            [
                QueuePairState.Reset, QueuePairState.Init, QueuePairState.ReadyToReceive, QueuePairState.ReadyToSend,
                QueuePairState.SendQueueDrained, QueuePairState.ReadyToSend, QueuePairState.Error,
            ],
            states);
    }

    [Fact]
    public void A_query_tells_what_the_connection_was_made_with()
    {
        _left.QueuePair.Connect(_right.QueuePair.Address, new ConnectionOptions { Access = AccessFlags.RemoteRead, PathMtu = Mtu.Bytes1024 });

        QueuePairAttributes attributes = _left.QueuePair.Query();

        Assert.Equal(QueuePairState.ReadyToSend, attributes.State);
        Assert.Equal(AccessFlags.RemoteRead, attributes.Access & ~AccessFlags.LocalWrite);
        Assert.Equal(Mtu.Bytes1024, attributes.PathMtu);
        Assert.Equal(_right.QueuePair.Number, attributes.RemoteQueuePairNumber);
        Assert.Equal(_right.QueuePair.Address.Gid, attributes.RemoteGid);
        Assert.Equal(_right.QueuePair.Address.PacketSequenceNumber, attributes.ReceivePacketSequenceNumber);
        Assert.Equal(_left.QueuePair.Address.PacketSequenceNumber, attributes.SendPacketSequenceNumber);
    }

    [Fact]
    public void A_step_that_the_state_does_not_allow_is_refused()
    {
        RdmaException refusal = Assert.Throws<RdmaException>(() => _left.QueuePair.ToReadyToSend());

        Assert.Equal(errno.EINVAL, refusal.Errno);
        Assert.NotEmpty(refusal.Reason);
    }

    [Fact]
    public void Nothing_can_be_sent_before_the_queue_pair_is_ready_to_send()
    {
        MemoryRegion buffer = _left.Domain.Allocate(64);
        List<int> refusals = [];

        refusals.Add(Refusal(buffer));
        _left.QueuePair.ToInit();
        refusals.Add(Refusal(buffer));
        _left.QueuePair.ToReadyToReceive(_right.QueuePair.Address);
        refusals.Add(Refusal(buffer));

        Assert.Equal([errno.EINVAL, errno.EINVAL, errno.EINVAL], refusals);
    }

    [Fact]
    public void Receives_can_be_posted_once_the_queue_pair_is_initialised()
    {
        MemoryRegion buffer = _left.Domain.Allocate(64);
        Assert.Equal(errno.EINVAL, Assert.Throws<RdmaException>(() => _left.QueuePair.PostReceive(0, buffer.Local)).Errno);

        _left.QueuePair.ToInit();

        _left.QueuePair.PostReceive(0, buffer.Local);
    }

    [Fact]
    public void A_queue_pair_is_at_least_as_large_as_was_asked()
    {
        QueuePairOptions options = new() { MaxSendRequests = 33, MaxReceiveRequests = 7, MaxInlineData = 100 };

        using QueuePair queuePair = _left.Domain.CreateQueuePair(_left.Completions, options);

        Assert.True(queuePair.MaxSendRequests >= 33);
        Assert.True(queuePair.MaxReceiveRequests >= 7);
        Assert.True(queuePair.MaxInlineData >= 100);
    }

    [Fact]
    public void A_queue_pair_larger_than_the_device_allows_is_refused()
    {
        QueuePairOptions options = new() { MaxSendRequests = _left.Device.Attributes.MaxWorkRequests + 1 };

        Assert.Equal(
            errno.EINVAL, Assert.Throws<RdmaException>(() => _left.Domain.CreateQueuePair(_left.Completions, options)).Errno);
    }

    private int Refusal(MemoryRegion buffer) =>
        Assert.Throws<RdmaException>(() => _left.QueuePair.PostSend(0, buffer.Local)).Errno;
}
