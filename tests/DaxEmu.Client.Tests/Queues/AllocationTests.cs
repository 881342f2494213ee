using Xunit;

namespace DaxEmu.Client.Tests.Queues;

/// <summary>The data path leaves nothing to the garbage collector.</summary>
public sealed class AllocationTests
{
    private const int Rounds = 10_000;

    [Fact]
    public void Posting_and_polling_allocate_nothing()
    {
        using InProcessDaemon daemon = new();
        using ConnectedPair pair = new(daemon);
        Play(pair, 100);

        // Once in a while the runtime itself allocates on this thread; what the data path did, it would do each time.
        Assert.Equal(0, Enumerable.Range(0, 3).Min(_ => Allocated(pair)));
    }

    private static long Allocated(ConnectedPair pair)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Play(pair, Rounds);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void The_measurement_notices_one_object_per_round()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < Rounds; round++)
        {
            GC.KeepAlive(new object());
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before >= Rounds * 16);
    }

    private static void Play(ConnectedPair pair, int rounds)
    {
        Span<WorkCompletion> completions = stackalloc WorkCompletion[4];
        Span<ScatterGather> parts = stackalloc ScatterGather[2];
        for (int round = 0; round < rounds; round++)
        {
            pair.Right.QueuePair.PostReceive(1, pair.RightBuffer.Slice(0, 64));
            pair.Left.QueuePair.PostSend(2, pair.LeftBuffer.Slice(0, 64));
            Drain(pair.Right.Completions, completions);
            Drain(pair.Left.Completions, completions);
            pair.Left.QueuePair.PostWrite(3, pair.LeftBuffer.Slice(0, 64), pair.RightBuffer.Remote);
            Drain(pair.Left.Completions, completions);
            parts[0] = pair.LeftBuffer.Slice(0, 8);
            parts[1] = pair.LeftBuffer.Slice(100, 8);
            SendWorkRequest read = new()
            {
                Opcode = SendOpcode.Read,
                Flags = SendFlags.Signaled | SendFlags.Fence,
                Remote = pair.RightBuffer.Remote,
            };
            pair.Left.QueuePair.TryPost(read, parts);
            Drain(pair.Left.Completions, completions);
        }
    }

    private static void Drain(CompletionQueue queue, Span<WorkCompletion> completions)
    {
        while (queue.Poll(completions) == 0)
        {
            Thread.Yield();
        }
    }
}
