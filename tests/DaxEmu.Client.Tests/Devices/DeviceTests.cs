using Xunit;

namespace DaxEmu.Client.Tests.Devices;

/// <summary>What a device says of itself, and how it tells of what no completion tells.</summary>
public sealed class DeviceTests : IDisposable
{
    private readonly InProcessDaemon _daemon = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _daemon.Dispose();

    [Fact]
    public void A_device_tells_its_attributes_its_port_and_its_addresses()
    {
        using RdmaDevice device = _daemon.Open();

        Assert.StartsWith("rxe", device.Name, StringComparison.Ordinal);
        Assert.Equal(_daemon.SocketPath, device.SocketPath);
        Assert.NotEqual(0ul, device.Attributes.NodeGuid);
        Assert.True(device.Attributes.MaxQueuePairs > 0 && device.Attributes.MaxScatterGather > 0);
        Assert.Equal(PortState.Active, device.PortAttributes.State);
        Assert.Contains(device.Gids, e => e is { Type: GidType.RoceV2, Gid.IsIPv4: true });
    }

    [Fact]
    public void A_queue_pair_sends_from_an_IPv4_address_unless_told_otherwise()
    {
        using End end = new(_daemon);
        GidEntry other = end.Device.Gids.First(e => !e.Gid.IsIPv4);

        using QueuePair chosen = end.Domain.CreateQueuePair(end.Completions, new QueuePairOptions { GidIndex = other.Index });

        Assert.True(end.QueuePair.Address.Gid.IsIPv4);
        Assert.Equal(other.Gid, chosen.Address.Gid);
        Assert.Throws<RdmaException>(() => end.Domain.CreateQueuePair(end.Completions, new QueuePairOptions { GidIndex = 250 }));
    }

    [Fact]
    public async Task A_completion_queue_that_overflows_is_an_event()
    {
        using ConnectedPair pair = new(_daemon);
        using CompletionQueue small = pair.Left.Device.CreateCompletionQueue(1);
        using QueuePair queuePair = pair.Left.Domain.CreateQueuePair(small);
        using QueuePair peer = pair.Right.Domain.CreateQueuePair(pair.Right.Completions);
        queuePair.Connect(peer.Address);
        peer.Connect(queuePair.Address);

        for (int i = 0; i <= small.Capacity; i++)
        {
            queuePair.PostWrite(0, pair.LeftBuffer.Slice(0, 1), pair.RightBuffer.Remote);
        }

        AsyncEvent overflow = await pair.Left.Device.AsyncEvents.ReadAsync(Stop);
        Assert.Equal(AsyncEventType.CompletionQueueError, overflow.Type);
        Assert.Same(small, overflow.CompletionQueue);
    }

    [Fact]
    public async Task Events_end_when_the_device_is_disposed()
    {
        RdmaDevice device = _daemon.Open();

        device.Dispose();

        Assert.Empty(await device.AsyncEvents.ReadAllAsync(Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task When_the_daemon_goes_away_every_wait_ends_and_says_so()
    {
        using ConnectedPair pair = new(_daemon);
        ScatterGather local = pair.LeftBuffer.Local;
        RemoteMemory remote = pair.RightBuffer.Remote;
        Task readable = pair.Left.Completions.WaitAsync(Stop);

        // Not of a connected queue pair: that would fail, and flush its receives, if its peer's end were closed first.
        using QueuePair unconnected = pair.Left.Domain.CreateQueuePair(pair.Left.Completions);
        unconnected.ToInit();
        Task<WorkCompletion> received = unconnected.ReceiveAsync(pair.LeftBuffer.Local, Stop).AsTask();
        Task events = pair.Left.Device.AsyncEvents.Completion;

        _daemon.Stop();

        await Assert.ThrowsAsync<DeviceUnavailableException>(() => readable);
        await Assert.ThrowsAsync<DeviceUnavailableException>(() => received);
        DeviceUnavailableException lost = await Assert.ThrowsAsync<DeviceUnavailableException>(() => events);
        Assert.Contains(_daemon.SocketPath, lost.Message, StringComparison.Ordinal);
        Assert.Throws<DeviceUnavailableException>(() => pair.Left.QueuePair.PostWrite(0, local, remote));
        Assert.Throws<DeviceUnavailableException>(() => pair.Left.Completions.Poll(new WorkCompletion[1]));
        Assert.Throws<DeviceUnavailableException>(() => pair.Left.Domain.Allocate(1));
        Assert.Throws<DeviceUnavailableException>(() => { _ = pair.Left.Completions.WaitAsync(Stop); });
        await Assert.ThrowsAsync<DeviceUnavailableException>(async () => await pair.Left.QueuePair.WriteAsync(local, remote, Stop));
    }
}
