using System.Diagnostics;
using DaxEmu.Abi;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>The doorbell's protocol: whoever rings is heard, also when the worker is just going to sleep.</summary>
public sealed class WakeUpTests : IDisposable
{
    private const ulong Address = 0x10_0000;
    private const int Rounds = 20_000;

    private readonly TestDevice _device = new(runWorker: false);
    private readonly TestFile _file = new(65536);

    public void Dispose()
    {
        _device.Dispose();
        _file.Dispose();
    }

    [Fact]
    public void No_wake_up_is_lost_by_a_worker_that_sleeps_at_once()
    {
        Assert.Equal(Rounds, Ring(Rounds, ringer => ringer.Ring()));
    }

    [Fact]
    public void A_client_that_does_not_look_whether_the_worker_sleeps_is_caught()
    {
        // The detector: a client broken on purpose must be seen to lose a wake-up.
        Assert.True(Ring(Rounds, RingWithoutWake) < Rounds);
    }

    [Fact]
    public void A_worker_allocates_nothing_once_it_runs()
    {
        long allocated = -1;
        using CancellationTokenSource stop = new();
        using Side a = new(_device, _file, Address);
        using Side b = new(_device, _file, Address);
        TestVerbs.Connect(a.Qp, b.Qp);
        Thread thread = new(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _device.Worker.Run(stop.Token);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        thread.Start();
        for (int i = 0; i < 5000; i++)
        {
            a.Qp.Post(ibv_wr_opcode.IBV_WR_RDMA_WRITE, 1, a.All with { length = 64 }, Address + 128, b.Region.rkey);
            a.Cq.Poll();
        }

        stop.Cancel();
        thread.Join();

        // Making the engine and leaving allocate; 5,000 writes do not.
        Assert.InRange(allocated, 0, 20_000);
    }

    [Fact]
    public void Sessions_come_and_go_while_others_work()
    {
        using CancellationTokenSource stop = new();
        Thread thread = new(() => _device.Worker.Run(stop.Token));
        thread.Start();
        using Side a = new(_device, _file, Address);
        using Side b = new(_device, _file, Address);
        TestVerbs.Connect(a.Qp, b.Qp);
        int opened = 0;
        Thread visitors = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using Side visitor = new(_device, _file, Address);
                visitor.Qp.Ring();
                opened++;
            }
        });
        visitors.Start();

        for (ulong i = 0; i < 5000; i++)
        {
            a.Qp.Post(ibv_wr_opcode.IBV_WR_RDMA_WRITE, i, a.All with { length = 64 }, Address + 128, b.Region.rkey);
            Assert.Equal(i, a.Cq.Poll().wr_id);
        }

        stop.Cancel();
        visitors.Join();
        thread.Join();
        Assert.True(opened > 0);
        Assert.Empty(_device.Log.Failures);
    }

    // Rings for one write at a time, never helping; returns how many rounds were answered before one was given up.
    private int Ring(int rounds, Action<TestQueuePair> ring)
    {
        using CancellationTokenSource stop = new();
        using TestDevice device = new(runWorker: false, workerOptions: new EngineWorkerOptions { Spin = TimeSpan.Zero });
        Thread thread = new(() => device.Worker.Run(stop.Token));
        thread.Start();
        using Side a = new(device, _file, Address);
        using Side b = new(device, _file, Address);
        TestVerbs.Connect(a.Qp, b.Qp);
        int answered = 0;
        Random random = new(1);
        for (; answered < rounds; answered++)
        {
            a.Qp.Enqueue(ibv_wr_opcode.IBV_WR_RDMA_WRITE, 1, a.All with { length = 8 }, Address + 128, b.Region.rkey);
            ring(a.Qp);
            long start = Stopwatch.GetTimestamp();
            bool lost = false;
            while (!a.Cq.TryPoll(out _) && !(lost = Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(10)))
            {
            }

            if (lost)
            {
                break;
            }

            // At another moment of the worker's way to sleep each time.
            Thread.SpinWait(random.Next(300));
        }

        stop.Cancel();
        thread.Join();
        return answered;
    }

    private static void RingWithoutWake(TestQueuePair qp)
    {
        ref daxemu_doorbell doorbell = ref qp.Client.Doorbell!.At<daxemu_doorbell>(0);
        Interlocked.Or(ref doorbell.bits[(int)qp.Handle / 64], 1UL << (int)(qp.Handle % 64));
        Interlocked.Or(ref doorbell.summary[0], 1UL << (int)(qp.Handle / 64));
    }
}
