using System.Globalization;
using Xunit;

namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>
/// Random operations under every policy, against a model. <c>DAXEMU_SOAK_SECONDS=600</c> makes it ten minutes, and
/// <c>DAXEMU_SOAK_SEED</c> repeats a run.
/// </summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Daemon_and_model_agree_on_every_answer_byte_and_event_under_every_policy()
    {
        TimeSpan time = Variable("DAXEMU_SOAK_SECONDS") is { } seconds ? TimeSpan.FromSeconds(seconds) : Usual;
        ulong seed = Variable("DAXEMU_SOAK_SEED") ?? (ulong)Random.Shared.NextInt64(1_000_000);
        output.WriteLine($"DAXEMU_SOAK_SEED={seed}");
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(time + TimeSpan.FromMinutes(5));

        await using SoakRun run = await SoakRun.StartAsync(seed, patience.Token);
        await run.RunAsync(time, patience.Token);

        output.WriteLine(run.Summary);
    }

    [Fact]
    public async Task A_byte_that_is_changed_behind_the_guard_is_noticed()
    {
        CancellationToken patience = TestContext.Current.CancellationToken;
        await using SoakRun run = await SoakRun.StartAsync(3, patience);
        while (run.CountOf("written") < 3)
        {
            await run.StepAsync(patience);
        }

        SoakException found = await Assert.ThrowsAsync<SoakException>(() => run.StepAsync(patience, Change));

        Assert.Matches("seed 3, step \\d+: byte \\d+ of the file is", found.Message);
    }

    private static void Change(string backing)
    {
        foreach (string path in Directory.GetFiles(backing, "soak*"))
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (file.Length > 0)
            {
                int first = file.ReadByte();
                file.Position = 0;
                file.WriteByte((byte)~first);
            }
        }
    }

    private static ulong? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : null;
}
