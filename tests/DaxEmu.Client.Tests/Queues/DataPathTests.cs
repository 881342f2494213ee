using System.Runtime.InteropServices;
using DaxEmu.Abi;
using Xunit;

namespace DaxEmu.Client.Tests.Queues;

/// <summary>Work requests between two programs, with completions polled.</summary>
public sealed class DataPathTests : IDisposable
{
    private readonly InProcessDaemon _daemon = new();
    private readonly ConnectedPair _pair;

    public DataPathTests() => _pair = new ConnectedPair(_daemon);

    private End Left => _pair.Left;

    private End Right => _pair.Right;

    private MemoryRegion Here => _pair.LeftBuffer;

    private MemoryRegion There => _pair.RightBuffer;

    public void Dispose()
    {
        _pair.Dispose();
        _daemon.Dispose();
    }

    [Fact]
    public void A_write_puts_bytes_into_the_peers_memory()
    {
        Left.QueuePair.PostWrite(7, Here.Slice(100, 5000), There.Remote.Slice(200));

        WorkCompletion completion = Left.Next().EnsureSuccess();
        Assert.Equal((7ul, CompletionOpcode.Write, Left.QueuePair.Number), (completion.Id, completion.Opcode, completion.QueuePairNumber));
        Assert.Equal(Here.GetSpan(100, 5000), There.GetSpan(200, 5000));
        Assert.Equal(0, There.Span[199]);
        Assert.Equal(0, There.Span[5200]);
    }

    [Fact]
    public void A_read_brings_bytes_from_the_peers_memory()
    {
        new Random(2).NextBytes(There.Span);

        Left.QueuePair.PostRead(8, Here.Local, There.Remote);

        Assert.Equal(CompletionOpcode.Read, Left.Next().EnsureSuccess().Opcode);
        Assert.Equal(There.Span, Here.Span);
    }

    [Fact]
    public void A_send_fills_the_peers_receive_and_completes_both()
    {
        Right.QueuePair.PostReceive(1, There.Local);

        Left.QueuePair.PostSend(2, Here.Slice(0, 1000));

        Assert.Equal((2ul, CompletionOpcode.Send), (Left.Next().EnsureSuccess().Id, CompletionOpcode.Send));
        WorkCompletion received = Right.Next().EnsureSuccess();
        Assert.Equal((1ul, CompletionOpcode.Receive, 1000u), (received.Id, received.Opcode, received.ByteLength));
        Assert.Equal(CompletionFlags.None, received.Flags & CompletionFlags.WithImmediate);
        Assert.Equal(Here.GetSpan(0, 1000), There.GetSpan(0, 1000));
    }

    [Fact]
    public void A_send_waits_for_a_receive_that_is_posted_later()
    {
        Left.QueuePair.PostSend(2, Here.Slice(0, 10));

        Right.QueuePair.PostReceive(1, There.Local);

        Assert.Equal(10u, Right.Next().EnsureSuccess().ByteLength);
        Left.Next().EnsureSuccess();
    }

    [Fact]
    public void An_immediate_shows_in_the_receivers_completion()
    {
        Right.QueuePair.PostReceive(1, There.Local);

        Left.QueuePair.PostSendWithImmediate(2, Here.Slice(0, 4), 0xdeadbeef);

        WorkCompletion received = Right.Next().EnsureSuccess();
        Assert.True(received.Flags.HasFlag(CompletionFlags.WithImmediate));
        Assert.Equal(0xdeadbeef, received.Immediate);
    }

    [Fact]
    public void A_write_with_immediate_takes_a_receive_but_not_its_memory()
    {
        Right.QueuePair.PostReceive(1, ReadOnlySpan<ScatterGather>.Empty);

        Left.QueuePair.PostWriteWithImmediate(2, Here.Slice(0, 64), There.Remote, 42);

        WorkCompletion received = Right.Next().EnsureSuccess();
        Assert.Equal((1ul, CompletionOpcode.ReceiveWriteWithImmediate, 42u), (received.Id, received.Opcode, received.Immediate));
        Assert.Equal(64u, received.ByteLength);
        Assert.Equal(Here.GetSpan(0, 64), There.GetSpan(0, 64));
    }

    [Theory]
    [InlineData(5ul, 9ul, 9ul)]
    [InlineData(6ul, 9ul, 5ul)]
    public void A_compare_and_swap_replaces_only_the_expected_value(ulong expected, ulong replacement, ulong left)
    {
        ref ulong value = ref MemoryMarshal.Cast<byte, ulong>(There.Span)[1];
        value = 5;

        Left.QueuePair.PostCompareSwap(1, Here.Slice(0, 8), There.Remote.Slice(8), expected, replacement);

        Assert.Equal(CompletionOpcode.CompareSwap, Left.Next().EnsureSuccess().Opcode);
        Assert.Equal(left, value);
        Assert.Equal(5ul, MemoryMarshal.Read<ulong>(Here.Span));
    }

    [Fact]
    public void A_fetch_and_add_adds_and_brings_what_was_there()
    {
        ref ulong value = ref MemoryMarshal.Cast<byte, ulong>(There.Span)[0];
        value = 40;

        Left.QueuePair.PostFetchAdd(1, Here.Slice(8, 8), There.Remote, 2);

        Assert.Equal(CompletionOpcode.FetchAdd, Left.Next().EnsureSuccess().Opcode);
        Assert.Equal(42ul, value);
        Assert.Equal(40ul, MemoryMarshal.Read<ulong>(Here.GetSpan(8, 8)));
    }

    [Fact]
    public void Inline_data_may_change_as_soon_as_it_is_posted()
    {
        Span<byte> data = [1, 2, 3];
        SendWorkRequest request = new() { Opcode = SendOpcode.Write, Flags = SendFlags.Signaled, Remote = There.Remote };

        Assert.True(Left.QueuePair.TryPostInline(request, data));
        data.Clear();

        Left.Next().EnsureSuccess();
        Assert.Equal([1, 2, 3], There.GetSpan(0, 3).ToArray());
    }

    [Fact]
    public void A_message_is_gathered_from_and_scattered_to_several_places()
    {
        Right.QueuePair.PostReceive(1, [There.Slice(1000, 3), There.Slice(2000, 100)]);

        Left.QueuePair.TryPost(
            new SendWorkRequest { Opcode = SendOpcode.Send }, [Here.Slice(10, 2), Here.Slice(50, 2), Here.Slice(90, 1)]);

        Assert.Equal(5u, Right.Next().EnsureSuccess().ByteLength);
        Assert.Equal([Here.Span[10], Here.Span[11], Here.Span[50]], There.GetSpan(1000, 3).ToArray());
        Assert.Equal([Here.Span[51], Here.Span[90], (byte)0], There.GetSpan(2000, 3).ToArray());
    }

    [Fact]
    public void A_request_that_is_not_signaled_leaves_no_completion()
    {
        Left.QueuePair.PostWrite(1, Here.Slice(0, 8), There.Remote, SendFlags.None);
        Left.QueuePair.PostWrite(2, Here.Slice(0, 8), There.Remote);

        Assert.Equal(2ul, Left.Next().Id);
        Assert.Equal(0, Left.Completions.Poll(new WorkCompletion[1]));
    }

    [Fact]
    public void Completions_come_in_the_order_of_the_requests()
    {
        for (ulong id = 0; id < 50; id++)
        {
            Left.QueuePair.PostWrite(id, Here.Slice(0, 64), There.Remote);
        }

        Assert.Equal(Enumerable.Range(0, 50).Select(i => (ulong)i), Enumerable.Range(0, 50).Select(_ => Left.Next().EnsureSuccess().Id));
    }

    [Fact]
    public void A_wrong_key_ends_as_a_remote_access_error_and_flushes_what_follows()
    {
        Left.QueuePair.PostWrite(1, Here.Slice(0, 8), There.Remote with { RKey = There.RKey ^ 0x100 });
        Left.QueuePair.PostWrite(2, Here.Slice(0, 8), There.Remote);

        Assert.Equal((1ul, CompletionStatus.RemoteAccessError), (Left.Next() is var first ? first.Id : 0, first.Status));
        Assert.Equal((2ul, CompletionStatus.FlushError), (Left.Next() is var second ? second.Id : 0, second.Status));
        Assert.Equal(QueuePairState.Error, Left.QueuePair.QueryState());
    }

    [Fact]
    public void A_write_past_the_end_of_the_peers_region_changes_nothing()
    {
        RemoteMemory beyond = new(There.Address + (ulong)There.Length - 4, 8, There.RKey);

        Left.QueuePair.PostWrite(1, Here.Slice(0, 8), beyond);

        WorkCompletionException failure = Assert.Throws<WorkCompletionException>(() => Left.Next().EnsureSuccess());
        Assert.Equal(CompletionStatus.RemoteAccessError, failure.Status);
        Assert.False(There.Span[^8..].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void A_message_longer_than_the_receive_fails_at_both_ends()
    {
        Right.QueuePair.PostReceive(1, There.Slice(0, 10));

        Left.QueuePair.PostSend(2, Here.Slice(0, 11));

        Assert.Equal(CompletionStatus.RemoteInvalidRequestError, Left.Next().Status);
        Assert.Equal(CompletionStatus.LocalLengthError, Right.Next().Status);
    }

    [Fact]
    public void What_is_posted_to_a_failed_queue_pair_is_flushed()
    {
        Right.QueuePair.PostReceive(1, There.Local);
        Right.QueuePair.ToError();

        Right.QueuePair.PostSend(2, There.Slice(0, 1));

        WorkCompletion[] flushed = [Right.Next(), Right.Next()];
        Assert.Equal([1ul, 2ul], flushed.Select(c => c.Id).Order());
        Assert.All(flushed, c => Assert.Equal(CompletionStatus.FlushError, c.Status));
    }

    [Fact]
    public void A_full_receive_queue_refuses_with_ENOMEM()
    {
        int posted = 0;
        while (Right.QueuePair.TryPostReceive(0, [There.Slice(0, 1)]))
        {
            posted++;
        }

        RdmaException refusal = Assert.Throws<RdmaException>(() => Right.QueuePair.PostReceive(0, There.Slice(0, 1)));
        Assert.Equal(errno.ENOMEM, refusal.Errno);
        Assert.Equal(Right.QueuePair.MaxReceiveRequests, posted);
    }

    [Fact]
    public void Requests_that_can_not_be_valid_are_refused_when_they_are_posted()
    {
        QueuePair queuePair = Left.QueuePair;
        RemoteMemory remote = There.Remote;

        Assert.Equal(errno.EINVAL, Refusal(() => queuePair.PostFetchAdd(0, Here.Slice(0, 4), remote, 1)));
        Assert.Equal(errno.EINVAL, Refusal(() => queuePair.PostFetchAdd(0, Here.Slice(0, 8), remote.Slice(4), 1)));
        Assert.Equal(errno.EINVAL, Refusal(() => queuePair.PostWrite(0, Here.Slice(0, 9), remote.Slice(0, 8))));
        Assert.Equal(errno.EINVAL, Refusal(() => queuePair.TryPost(default, new ScatterGather[100])));
        Assert.Equal(errno.EINVAL, Refusal(() => queuePair.TryPostInline(default, new byte[queuePair.MaxInlineData + 1])));
        Assert.Equal(errno.EINVAL, Refusal(() => queuePair.TryPostInline(new SendWorkRequest { Opcode = SendOpcode.Read }, [])));
        Assert.Throws<ArgumentOutOfRangeException>(() => queuePair.PostSend(1ul << 63, Here.Slice(0, 1)));
    }

    private static int Refusal(Action post) => Assert.Throws<RdmaException>(post).Errno;
}
