using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Linux.Tests.Sockets;

public sealed class SeqPacketConnectionTests : IDisposable
{
    private readonly SeqPacketConnection _a;
    private readonly SeqPacketConnection _b;
    private readonly byte[] _buffer = new byte[65536];

    public SeqPacketConnectionTests() => (_a, _b) = SeqPacketConnection.CreatePair();

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
    }

    [Fact]
    public void Messages_keep_their_boundaries()
    {
        _a.Send([1, 2, 3]);
        _a.Send([4]);

        Assert.Equal([1, 2, 3], Receive());
        Assert.Equal([4], Receive());
    }

    [Fact]
    public void A_descriptor_arrives_as_the_same_file()
    {
        using SafeFileHandle file = MemoryFile.CreateSealed("sent", 4096);

        _a.Send([1], [file]);

        ReceivedMessage message = _b.Receive(_buffer);
        Assert.False(message.IsTruncated);
        using SafeFileHandle arrived = Assert.Single(message.Descriptors);
        Assert.NotEqual(file.DangerousGetHandle(), arrived.DangerousGetHandle());
        Assert.Equal(DescriptorStatus.Of(file).Inode, DescriptorStatus.Of(arrived).Inode);
    }

    [Fact]
    public void As_many_descriptors_as_the_kernel_takes_arrive_in_order()
    {
        SafeFileHandle[] files = [.. Enumerable.Range(0, SeqPacketConnection.MaxDescriptors).Select(i => MemoryFile.CreateSealed("f", i))];

        _a.Send([1], files);

        ReceivedMessage message = _b.Receive(_buffer);
        Assert.Equal(files.Select((_, i) => (ulong)i), message.Descriptors.Select(d => DescriptorStatus.Of(d).Size));
        message.CloseDescriptors();
        Array.ForEach(files, f => f.Dispose());
    }

    [Fact]
    public void A_message_larger_than_the_buffer_is_reported_as_truncated()
    {
        _a.Send([1, 2, 3]);

        Assert.True(_b.Receive(_buffer.AsSpan(0, 2)).IsTruncated);
    }

    [Fact]
    public void A_closed_peer_is_the_end()
    {
        _a.Dispose();

        Assert.True(_b.Receive(_buffer).IsEnd);
        Assert.Equal(EPIPE, _b.TrySend([1]));
    }

    [Fact]
    public void Shutdown_releases_a_thread_that_waits_to_receive()
    {
        Thread waiting = new(() => Assert.True(_b.Receive(new byte[16]).IsEnd));
        waiting.Start();

        _b.Shutdown();

        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void TryReceive_without_a_message_is_EAGAIN()
    {
        Assert.Equal(EAGAIN, _b.TryReceive(_buffer, out ReceivedMessage message));
        Assert.Empty(message.Descriptors);
    }

    [Fact]
    public void TrySend_into_a_full_queue_is_EAGAIN_and_goes_on_when_the_peer_has_read()
    {
        while (_a.TrySend([1, 2, 3, 4]) == 0)
        {
        }

        Assert.Equal(EAGAIN, _a.TrySend([1]));
        Receive();
        Assert.Equal(0, _a.TrySend([1]));
    }

    [Fact]
    public void The_peer_is_this_process()
    {
        Assert.Equal(Environment.ProcessId, _a.GetPeer().ProcessId);
    }

    private byte[] Receive() => _buffer[.._b.Receive(_buffer).Length];
}
