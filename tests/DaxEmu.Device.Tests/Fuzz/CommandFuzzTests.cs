using System.Collections.Concurrent;
using System.Globalization;
using DaxEmu.Abi;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>
/// Ten million bent commands, by two clients at once, while two others exchange data. DAXEMU_FUZZ_SEED chooses other commands than those
/// that are always tried, DAXEMU_FUZZ_COMMANDS another number.
/// </summary>
public sealed class CommandFuzzTests(ITestOutputHelper output)
{
    private const int Clients = 2;
    private const int MaxObjects = 2000;
    private const long MaxBytes = 64 << 20;

    private static readonly long BentCommands = Setting("DAXEMU_FUZZ_COMMANDS", otherwise: 10_000_000);

    // Of each command.
    private static readonly long LeastSuccesses = BentCommands / 10_000;

    [Fact]
    public void Ten_million_bent_commands_crash_nothing_leave_nothing_and_disturb_nobody()
    {
        int seed = (int)Setting("DAXEMU_FUZZ_SEED", otherwise: 1);
        output.WriteLine($"DAXEMU_FUZZ_SEED={seed}");
        DeviceServerOptions options = new()
        {
            SocketPath = "@daxemu-test-" + Guid.NewGuid(),
            MaxObjectsPerUser = MaxObjects,
            MaxRingBytesPerUser = MaxBytes,
            MaxRegisteredBytesPerUser = MaxBytes,
        };
        using TestDevice device = new(options);
        using TestFile memory = new(CommandGenerator.Length);
        using TestFile payload = new(65536);
        MappingBudget budget = new(options.MaxMappings);
        using OddDescriptors odd = new(memory);
        using (Side a = new(device, payload, CommandGenerator.Address))
        using (Side b = new(device, payload, CommandGenerator.Address))
        {
            TestVerbs.Connect(a.Qp, b.Qp);
            FuzzedFile[] files =
            [
                .. Enumerable.Range(0, Clients).Select(i => new FuzzedFile(
                    seed + (i << 16), (ulong)(i + 1) << 32, device, memory.Handle, odd.All, new UserQuota((uint)i, options, budget))
                {
                    Strangers = [a.Qp.Number, b.Qp.Number],
                }),
            ];

            ConcurrentQueue<Exception> failures = new();
            Thread[] threads = [.. files.Select(f => new Thread(() => Run(f, failures)))];
            Array.ForEach(threads, t => t.Start());
            byte round = 0;
            while (threads.Any(t => t.IsAlive))
            {
                Exchange(a, b, payload, ++round);
                Thread.Yield();
            }

            Assert.Empty(failures);
            Report(files);
            Array.ForEach(files, CheckThatNothingIsLeft);
        }

        device.Log.TakeClosed();
        device.Log.TakeClosed();
        Assert.Empty(device.Contract.PinsOf());
        Assert.Equal(0, device.Mappings.Count);
        Assert.Empty(device.Log.Failures);
    }

    private static long Setting(string name, long otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static void Run(FuzzedFile file, ConcurrentQueue<Exception> failures)
    {
        try
        {
            while (file.Bent < BentCommands / Clients && failures.IsEmpty)
            {
                file.Next();
            }

            file.Dispose();
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

    // That most commands got as far as they can is what makes the millions count.
    private void Report(FuzzedFile[] files)
    {
        Dictionary<int, long> answers = files.SelectMany(f => f.Answers).GroupBy(a => a.Key).ToDictionary(g => g.Key, g => g.Sum(a => a.Value));
        output.WriteLine($"{files.Sum(f => f.Bent)} bent commands of {answers.Values.Sum()} in all; answers by errno:");
        output.WriteLine(string.Join(", ", answers.OrderByDescending(a => a.Value).Select(a => $"{a.Key}: {a.Value}")));
        List<string> tooFew = [];
        foreach (CommandShape shape in CommandShape.All)
        {
            long succeeded = files.Sum(f => f.Succeeded.GetValueOrDefault(shape.Definition.Number));
            output.WriteLine($"{shape.Definition.Name}: {succeeded} succeeded");
            if (succeeded < LeastSuccesses)
            {
                tooFew.Add($"{shape.Definition.Name} ({succeeded})");
            }
        }

        Assert.True(
            tooFew.Count == 0,
            $"these commands hardly ever succeeded, so that what lies behind their checks was not tried: {string.Join(", ", tooFew)}. "
                + $"Teach {nameof(CommandGenerator)} what their fields mean.");
    }

    private static void CheckThatNothingIsLeft(FuzzedFile file)
    {
        for (int i = 0; i < MaxObjects; i++)
        {
            Assert.True(file.Quota.TakeObject().IsOk, $"{MaxObjects - i} objects are still counted");
        }

        Assert.True(file.Quota.TakeRingBytes(MaxBytes).IsOk, "bytes of rings are still counted");
        Assert.True(file.Quota.TakeRegisteredBytes(MaxBytes).IsOk, "bytes of regions are still counted");
    }
}
