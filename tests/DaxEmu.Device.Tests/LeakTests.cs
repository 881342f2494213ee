using System.Diagnostics;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>After many clients have come and died, nothing of theirs is left.</summary>
public sealed class LeakTests
{
    private const int Rounds = 1000;
    private const ulong Address = 0x10_0000;

    /// <summary>Open descriptors, but for the assemblies that the runtime loads as it goes.</summary>
    public static int OpenDescriptors() =>
        new DirectoryInfo("/proc/self/fd").GetFileSystemInfos().Count(f => f.LinkTarget is not { } to || !to.EndsWith(".dll", StringComparison.Ordinal));

    [Fact]
    public void A_thousand_clients_and_registrations_leave_no_descriptor_mapping_thread_or_pin()
    {
        using TestDevice device = new();
        using TestFile file = new(65536);
        Live(device, file, rounds: 20);
        Settle();
        (int descriptors, int threads) = (OpenDescriptors(), Threads());

        Live(device, file, Rounds);
        Settle();

        Assert.Empty(device.Contract.PinsOf());
        Assert.Equal(0, device.Mappings.Count);
        Assert.Empty(device.Server.Snapshot.Sessions);
        Assert.InRange(OpenDescriptors(), 0, descriptors + 5);
        Assert.Equal(0, MappingsOf(file.Path, "/memfd:daxemu"));
        Assert.InRange(Threads(), 0, threads + 5);
        Assert.Empty(device.Log.Failures);
    }

    // The margins above are for the runtime's own (thread pool, GC); a leak of one in each round is 1000.
    private static void Live(TestDevice device, TestFile file, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            using (Side a = new(device, file, Address, withChannel: true))
            using (Side b = new(device, file, Address))
            {
                TestVerbs.Connect(a.Qp, b.Qp);
                a.Qp.Post(Abi.ibv_wr_opcode.IBV_WR_RDMA_WRITE, 1, a.All with { length = 4096 }, Address + 8192, b.Region.rkey);
                if (i % 2 == 0)
                {
                    a.Cq.Poll();
                    a.Client.Deregister(a.Region.mr_handle);
                    a.Client.DestroyQp(a.Qp.Handle);
                    a.Client.DestroyCq(a.Cq.Handle);
                    a.Client.DeallocatePd(a.Pd);
                }
            }

            device.Log.TakeClosed();
            device.Log.TakeClosed();
        }
    }

    // What other tests left to the finalizers is not ours to count.
    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static int MappingsOf(params string[] files) =>
        File.ReadLines("/proc/self/maps").Count(line => files.Any(f => line.Contains(f, StringComparison.Ordinal)));

    private static int Threads()
    {
        using Process self = Process.GetCurrentProcess();
        return self.Threads.Count;
    }
}
