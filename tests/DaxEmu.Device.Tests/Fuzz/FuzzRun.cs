using System.Collections.Concurrent;
using DaxEmu.Abi;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>
/// Bent requests by several clients at once, while two others exchange data. DAXEMU_FUZZ_SEED chooses other requests than those that are
/// always tried.
/// </summary>
internal sealed class FuzzRun
{
    private const int Clients = 2;
    private const int MaxObjects = 2000;
    private const long MaxBytes = 64 << 20;

    private FuzzRun(TestDevice device, SafeFileHandle memory, SafeFileHandle[] odd, uint[] strangers, int seed)
    {
        (Device, Memory, Odd, Strangers, Seed) = (device, memory, odd, strangers, seed);
        Budget = new MappingBudget(device.Options.MaxMappings);
    }

    public TestDevice Device { get; }

    public DeviceServerOptions Options => Device.Options;

    /// <summary>Of all clients together.</summary>
    public MappingBudget Budget { get; }

    /// <summary>The clients' memory.</summary>
    public SafeFileHandle Memory { get; }

    /// <summary>What is no memory.</summary>
    public SafeFileHandle[] Odd { get; }

    /// <summary>Queue pairs of others, to be named as peers.</summary>
    public uint[] Strangers { get; }

    public int Seed { get; }

    /// <summary>Runs it, and checks that nobody was hurt and nothing is left.</summary>
    /// <param name="output">Where the seed and the answers go.</param>
    /// <param name="requests">Bent ones, of all clients.</param>
    /// <param name="make">Makes a client.</param>
    /// <returns>Requests by name that succeeded.</returns>
    public static Dictionary<string, long> Run(ITestOutputHelper output, long requests, Func<int, FuzzRun, FuzzedSession> make)
    {
        int seed = (int)FuzzSetting.Of("DAXEMU_FUZZ_SEED", otherwise: 1);
        output.WriteLine($"DAXEMU_FUZZ_SEED={seed}");
        using TestDevice device = new(new DeviceServerOptions
        {
            SocketPath = "@daxemu-test-" + Guid.NewGuid(),
            MaxObjectsPerUser = MaxObjects,
            MaxRingBytesPerUser = MaxBytes,
            MaxRegisteredBytesPerUser = MaxBytes,
        });
        using TestFile memory = new(CommandGenerator.Length);
        using TestFile payload = new(65536);
        using OddDescriptors odd = new(memory);
        FuzzedSession[] sessions;
        using (Side a = new(device, payload, CommandGenerator.Address))
        using (Side b = new(device, payload, CommandGenerator.Address))
        {
            TestVerbs.Connect(a.Qp, b.Qp);
            FuzzRun run = new(device, memory.Handle, odd.All, [a.Qp.Number, b.Qp.Number], seed);
            sessions = [.. Enumerable.Range(0, Clients).Select(i => make(i, run))];
            ConcurrentQueue<Exception> failures = new();
            Thread[] threads = [.. sessions.Select(s => new Thread(() => Run(s, requests / Clients, failures)))];
            Array.ForEach(threads, t => t.Start());
            byte round = 0;
            while (threads.Any(t => t.IsAlive))
            {
                Exchange(a, b, payload, ++round);
                Thread.Yield();
            }

            Assert.Empty(failures);
            Array.ForEach(sessions, s => CheckThatNothingIsLeft(s.Quota));
        }

        device.Log.TakeClosed();
        device.Log.TakeClosed();
        Assert.Empty(device.Contract.PinsOf());
        Assert.Equal(0, device.Mappings.Count);
        Assert.Empty(device.Log.Failures);
        NicTables.CheckThatTheyAreEmpty(device);

        Dictionary<int, long> answers = Sum(sessions.Select(s => s.Answers));
        output.WriteLine($"{sessions.Sum(s => s.Bent)} bent requests of {answers.Values.Sum()} in all; answers by errno:");
        output.WriteLine(string.Join(", ", answers.OrderByDescending(a => a.Value).Select(a => $"{a.Key}: {a.Value}")));
        return Sum(sessions.Select(s => s.Succeeded));
    }

    private static Dictionary<TKey, long> Sum<TKey>(IEnumerable<Dictionary<TKey, long>> counts)
        where TKey : notnull => counts.SelectMany(c => c).GroupBy(c => c.Key).ToDictionary(g => g.Key, g => g.Sum(c => c.Value));

    private static void Run(FuzzedSession session, long requests, ConcurrentQueue<Exception> failures)
    {
        try
        {
            while (session.Bent < requests && failures.IsEmpty)
            {
                session.Next();
            }

            session.Dispose();
        }
        catch (Exception error)
        {
            failures.Enqueue(error);
        }
    }

    // What is not hurt: a write arrives, whole, and the commands of others work.
    private static void Exchange(Side a, Side b, TestFile payload, byte round)
    {
        byte[] sent = [.. Enumerable.Range(0, 64).Select(i => (byte)(i ^ round))];
        byte[] received = new byte[64];
        RandomAccess.Write(payload.Handle, sent, 0);
        a.Qp.Post(ibv_wr_opcode.IBV_WR_RDMA_WRITE, round, a.All with { length = 64 }, CommandGenerator.Address + 128, b.Region.rkey);
        Assert.Equal((ibv_wc_status.IBV_WC_SUCCESS, (ulong)round), a.Cq.Poll() is var c ? (c.status, c.wr_id) : default);
        RandomAccess.Read(payload.Handle, received, 128);
        Assert.Equal(sent, received);
        if (round == 0)
        {
            Assert.True(b.Client.DeallocatePd(b.Client.AllocatePd()).Result > 0);
        }
    }

    private static void CheckThatNothingIsLeft(UserQuota quota)
    {
        FuzzSetting.CheckThatNothingIsLeft(quota, MaxObjects);
        Assert.True(quota.TakeRingBytes(MaxBytes).IsOk, "bytes of rings are still counted");
        Assert.True(quota.TakeRegisteredBytes(MaxBytes).IsOk, "bytes of regions are still counted");
    }
}
