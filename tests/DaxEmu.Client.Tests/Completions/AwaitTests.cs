using Xunit;

namespace DaxEmu.Client.Tests.Completions;

/// <summary>Completions that are waited for, and work requests that are awaited.</summary>
public sealed class AwaitTests : IDisposable
{
    // A completion that is lost shows as a wait without end: a test that takes this long (ms) has met one.
    private const int LostWakeUp = 60_000;

    private readonly InProcessDaemon _daemon = new();
    private readonly ConnectedPair _pair;

    public AwaitTests() => _pair = new ConnectedPair(_daemon);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private End Left => _pair.Left;

    private End Right => _pair.Right;

    private MemoryRegion Here => _pair.LeftBuffer;

    private MemoryRegion There => _pair.RightBuffer;

    public void Dispose()
    {
        _pair.Dispose();
        _daemon.Dispose();
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task An_awaited_write_ends_with_its_completion()
    {
        WorkCompletion completion = await Left.QueuePair.WriteAsync(Here.Local, There.Remote, Stop);

        Assert.Equal((CompletionStatus.Success, CompletionOpcode.Write), (completion.Status, completion.Opcode));
        Assert.Equal(Here.Span, There.Span);
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task An_awaited_request_that_fails_ends_with_its_completion_as_well()
    {
        WorkCompletion completion = await Left.QueuePair.WriteAsync(Here.Local, There.Remote with { RKey = 0 }, Stop);

        Assert.Equal(CompletionStatus.RemoteAccessError, completion.Status);
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task Reads_atomics_sends_and_receives_can_be_awaited()
    {
        There.Span[8] = 40;
        Task<WorkCompletion> received = Right.QueuePair.ReceiveAsync(There.Slice(100, 10), Stop).AsTask();

        (await Left.QueuePair.FetchAddAsync(Here.Slice(0, 8), There.Remote.Slice(8), 2, Stop)).EnsureSuccess();
        (await Left.QueuePair.CompareSwapAsync(Here.Slice(0, 8), There.Remote.Slice(8), 42, 43, Stop)).EnsureSuccess();
        (await Left.QueuePair.ReadAsync(Here.Slice(0, 16), There.Remote, Stop)).EnsureSuccess();
        (await Left.QueuePair.SendAsync(Here.Slice(8, 1), Stop)).EnsureSuccess();

        Assert.Equal(1u, (await received).EnsureSuccess().ByteLength);
        Assert.Equal((43, 43), (Here.Span[8], There.Span[100]));
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task Many_awaited_requests_each_get_their_own_completion()
    {
        const int count = 5000;
        const int workers = 8;
        int done = 0;

        async Task RunAsync(int worker)
        {
            for (int i = 0; i < count / workers; i++)
            {
                long at = worker * 8;
                Here.GetSpan(at, 8).Fill((byte)i);
                (await Left.QueuePair.WriteAsync(Here.Slice(at, 8), There.Remote.Slice((ulong)at), Stop)).EnsureSuccess();
                Assert.False(There.GetSpan(at, 8).ContainsAnyExcept((byte)i));
                Interlocked.Increment(ref done);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, workers).Select(w => Task.Run(() => RunAsync(w), Stop)));

        Assert.Equal(count, done);
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task Awaited_and_polled_requests_share_a_queue_without_meeting()
    {
        const int count = 500;
        List<ulong> polled = [];
        for (ulong id = 0; id < count; id++)
        {
            Left.QueuePair.PostWrite(id, Here.Slice(0, 8), There.Remote);
            (await Left.QueuePair.WriteAsync(Here.Slice(8, 8), There.Remote, Stop)).EnsureSuccess();
            if (id % 10 == 9)
            {
                polled.AddRange(Enumerable.Range(0, 10).Select(_ => Left.Next().EnsureSuccess().Id));
            }
        }

        Assert.Equal(Enumerable.Range(0, count).Select(i => (ulong)i), polled);
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task Waiting_ends_when_there_is_something_to_poll()
    {
        Task readable = Right.Completions.WaitAsync(Stop);
        Assert.False(readable.IsCompleted);
        Right.QueuePair.PostReceive(3, There.Local);

        Left.QueuePair.PostSend(4, Here.Slice(0, 1));
        await readable;

        WorkCompletion[] completions = new WorkCompletion[4];
        Assert.Equal(1, Right.Completions.Poll(completions));
        Assert.Equal(3ul, completions[0].Id);
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task Waiting_ends_at_once_when_there_is_something_already()
    {
        Left.QueuePair.PostWrite(1, Here.Slice(0, 1), There.Remote);
        await Left.Completions.WaitAsync(Stop);

        Assert.True(Left.Completions.WaitAsync(Stop).IsCompletedSuccessfully);
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task No_completion_is_lost_between_arming_and_sleeping()
    {
        // Each round the two ends wait for each other, so one lost wake-up hangs the test.
        const int rounds = 2000;

        async Task PlayAsync(End end, MemoryRegion buffer, bool starts)
        {
            await using IAsyncEnumerator<WorkCompletion> completions = end.Completions.ReadAllAsync(Stop).GetAsyncEnumerator(Stop);
            for (int round = 0; round < rounds; round++)
            {
                if (starts)
                {
                    end.QueuePair.PostSend(1, buffer.Slice(0, 8), SendFlags.None);
                }

                Assert.True(await completions.MoveNextAsync());
                Assert.Equal(CompletionOpcode.Receive, completions.Current.EnsureSuccess().Opcode);
                end.QueuePair.PostReceive(2, buffer.Slice(8, 8));
                if (!starts)
                {
                    end.QueuePair.PostSend(1, buffer.Slice(0, 8), SendFlags.None);
                }
            }
        }

        Left.QueuePair.PostReceive(2, Here.Slice(8, 8));
        Right.QueuePair.PostReceive(2, There.Slice(8, 8));
        await Task.WhenAll(
            Task.Run(() => PlayAsync(Left, Here, starts: true), Stop), Task.Run(() => PlayAsync(Right, There, starts: false), Stop));
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task Cancelling_gives_up_the_wait_and_the_late_completion_goes_nowhere()
    {
        using CancellationTokenSource cancellation = new();
        Task<WorkCompletion> received = Right.QueuePair.ReceiveAsync(There.Slice(0, 8), cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        OperationCanceledException ended = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => received);
        Assert.Equal(cancellation.Token, ended.CancellationToken);

        // The receive is still posted: the first message goes into it, and only the second is seen.
        (await Left.QueuePair.SendAsync(Here.Slice(0, 8), Stop)).EnsureSuccess();
        Task<WorkCompletion> second = Right.QueuePair.ReceiveAsync(There.Slice(8, 8), Stop).AsTask();
        (await Left.QueuePair.SendAsync(Here.Slice(8, 4), Stop)).EnsureSuccess();
        Assert.Equal(4u, (await second).ByteLength);
        Assert.Equal(0, Right.Completions.Poll(new WorkCompletion[1]));
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task A_wait_that_is_cancelled_beforehand_posts_nothing()
    {
        CancellationToken cancelled = new(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Left.QueuePair.WriteAsync(Here.Local, There.Remote, cancelled));
        (await Left.QueuePair.WriteAsync(Here.Slice(0, 0), There.Remote, Stop)).EnsureSuccess();

        Assert.False(There.Span.ContainsAnyExcept((byte)0));
    }

    [Fact(Timeout = LostWakeUp)]
    public async Task Waiting_for_a_queue_can_be_cancelled_and_begun_again()
    {
        using CancellationTokenSource cancellation = new();
        Task readable = Right.Completions.WaitAsync(cancellation.Token);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => readable);

        readable = Right.Completions.WaitAsync(Stop);
        Right.QueuePair.PostReceive(3, There.Local);
        Left.QueuePair.PostSend(4, Here.Slice(0, 1));
        await readable;
        Assert.Equal(3ul, Right.Next().Id);
    }
}
