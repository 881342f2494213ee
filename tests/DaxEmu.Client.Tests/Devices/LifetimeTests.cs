using DaxEmu.Abi;
using Xunit;

namespace DaxEmu.Client.Tests.Devices;

/// <summary>Objects can be disposed in any order, at any time, and say so afterwards.</summary>
public sealed class LifetimeTests : IDisposable
{
    private readonly InProcessDaemon _daemon = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _daemon.Dispose();

    [Fact]
    public void Disposing_a_device_disposes_all_that_was_made_from_it()
    {
        using ConnectedPair pair = new(_daemon);
        RemoteMemory remote = pair.RightBuffer.Remote;
        ScatterGather local = pair.LeftBuffer.Local;

        pair.Left.Device.Dispose();

        Assert.Throws<ObjectDisposedException>(() => pair.Left.QueuePair.PostWrite(0, local, remote));
        Assert.Throws<ObjectDisposedException>(() => pair.Left.QueuePair.QueryState());
        Assert.Throws<ObjectDisposedException>(() => pair.Left.QueuePair.Query());
        Assert.Throws<ObjectDisposedException>(() => pair.Left.Completions.Poll(new WorkCompletion[1]));
        Assert.Throws<ObjectDisposedException>(() => { _ = pair.Left.Completions.WaitAsync(Stop); });
        Assert.Throws<ObjectDisposedException>(() => pair.LeftBuffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => pair.LeftBuffer.Local);
        Assert.Throws<ObjectDisposedException>(() => pair.Left.Domain.Allocate(1));
        Assert.Throws<ObjectDisposedException>(() => pair.Left.Device.CreateProtectionDomain());
    }

    [Fact]
    public void Disposing_twice_and_in_any_order_is_harmless()
    {
        using End end = new(_daemon);
        MemoryRegion region = end.Domain.Allocate(4096);
        CompletionQueue second = end.Device.CreateCompletionQueue();
        QueuePair both = end.Domain.CreateQueuePair(end.Completions, second);

        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => both.QueryState());
        Assert.Equal(QueuePairState.Reset, end.QueuePair.QueryState());
        end.Domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => end.QueuePair.QueryState());
        Assert.Throws<ObjectDisposedException>(() => region.Local);

        region.Dispose();
        end.QueuePair.Dispose();
        end.Domain.Dispose();
        end.Completions.Dispose();
        second.Dispose();
        end.Device.Dispose();
        end.Device.Dispose();
    }

    [Fact]
    public async Task Disposing_a_queue_pair_ends_the_waits_for_its_requests_only()
    {
        using ConnectedPair pair = new(_daemon);
        using QueuePair other = pair.Right.Domain.CreateQueuePair(pair.Right.Completions);
        other.ToInit();
        Task<WorkCompletion> given = other.ReceiveAsync(pair.RightBuffer.Slice(0, 8), Stop).AsTask();
        Task<WorkCompletion> kept = pair.Right.QueuePair.ReceiveAsync(pair.RightBuffer.Slice(8, 8), Stop).AsTask();

        other.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => given);
        (await pair.Left.QueuePair.SendAsync(pair.LeftBuffer.Slice(0, 8), Stop)).EnsureSuccess();
        Assert.Equal(8u, (await kept).ByteLength);
    }

    [Fact]
    public async Task Disposing_a_completion_queue_ends_the_waits_for_it()
    {
        using End end = new(_daemon);
        Task readable = end.Completions.WaitAsync(Stop);

        end.Completions.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => readable);
    }

    [Fact]
    public void A_pinned_memory_outlives_its_region_until_it_is_unpinned()
    {
        using End end = new(_daemon);
        MemoryRegion region = end.Domain.Allocate(4096);
        Memory<byte> memory = region.Memory;
        using (System.Buffers.MemoryHandle pinned = memory.Pin())
        {
            region.Dispose();
            unsafe
            {
                *(byte*)pinned.Pointer = 1;
                Assert.Equal(1, *(byte*)pinned.Pointer);
            }
        }

        Assert.Throws<ObjectDisposedException>(() => memory.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => memory.Pin());
    }

    [Fact]
    public void A_hundred_devices_leave_no_descriptor_mapping_or_thread_behind()
    {
        (int Descriptors, int Mappings, int Threads) Count() => (
            Directory.GetFiles("/proc/self/fd").Length,
            File.ReadLines("/proc/self/maps").Count(m => m.Contains("memfd:daxemu", StringComparison.Ordinal)),
            Directory.GetDirectories("/proc/self/task")
                .Count(t => NameOf(t).StartsWith("DaxEmu", StringComparison.Ordinal)));

        _daemon.OpenAndClose(() => new End(_daemon));
        (int Descriptors, int Mappings, int Threads) before = Count();
        for (int i = 0; i < 100; i++)
        {
            _daemon.OpenAndClose(() => new ConnectedPair(_daemon));
        }

        // A thread that has been joined may be listed for an instant more; what an earlier test left may go meanwhile. The margin is for what
        // the runtime opens for itself now and then; a leak would be one for each device.
        bool IsNoMore((int Descriptors, int Mappings, int Threads) now) =>
            now.Descriptors <= before.Descriptors + 5 && now.Mappings <= before.Mappings && now.Threads <= before.Threads;
        SpinWait.SpinUntil(() => IsNoMore(Count()), TimeSpan.FromSeconds(30));
        Assert.True(IsNoMore(Count()), $"{before} before, {Count()} after");
    }

    [Fact]
    public async Task Disposing_during_traffic_ends_everything_in_order()
    {
        for (int round = 0; round < 20; round++)
        {
            using ConnectedPair pair = new(_daemon);
            Task[] traffic = [.. Enumerable.Range(0, 4).Select(w => Task.Run(() => TrafficAsync(pair, w), Stop))];
            await WriteAsync(pair.Left.QueuePair, pair.LeftBuffer.Slice(0, 1), pair.RightBuffer.Remote);

            ((round % 4) switch
            {
                0 => (IDisposable)pair.Left.QueuePair,
                1 => pair.Left.Completions,
                2 => pair.Left.Domain,
                _ => pair.Left.Device,
            }).Dispose();

            await Task.WhenAll(traffic);
        }
    }

    private static async Task TrafficAsync(ConnectedPair pair, int worker)
    {
        WorkCompletion[] completions = new WorkCompletion[8];
        try
        {
            ScatterGather local = pair.LeftBuffer.Slice(worker * 64, 64);
            RemoteMemory remote = pair.RightBuffer.Remote;
            SendWorkRequest write = new() { Opcode = SendOpcode.Write, Flags = SendFlags.Signaled, Remote = remote };
            while (true)
            {
                if (worker % 2 == 0)
                {
                    (await WriteAsync(pair.Left.QueuePair, local, remote)).EnsureSuccess();
                }
                else
                {
                    pair.Left.QueuePair.TryPost(write, [local]);
                    pair.Left.Completions.Poll(completions);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The end that is expected: any other exception fails the test.
        }
    }

    // The others may have filled the queue.
    private static async Task<WorkCompletion> WriteAsync(QueuePair queuePair, ScatterGather local, RemoteMemory remote)
    {
        while (true)
        {
            try
            {
                return await queuePair.WriteAsync(local, remote, Stop);
            }
            catch (RdmaException full) when (full.Errno == errno.ENOMEM)
            {
                await Task.Yield();
            }
        }
    }

    // None when the thread has ended since it was listed.
    private static string NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
