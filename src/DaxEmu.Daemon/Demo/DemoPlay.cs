using System.Diagnostics;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Demo.Scenes;

namespace DaxEmu.Daemon.Demo;

/// <summary>The demo: an RDMA write into a real file, and a truncate refused. Each step is verified; one that cannot go on ends it.</summary>
internal static class DemoPlay
{
    private static readonly IDemoScene[] Scenes =
        [new StartDaemon(), new RegisterFiles(), new Transfer(), new Refusals(), new Explanation(), new Release(), new TakeDown()];

    /// <summary>Plays it, and cleans up in any case.</summary>
    /// <param name="policy">The daemon's default policy, or null for its own.</param>
    /// <param name="narrator">Tells the reader.</param>
    /// <param name="cancellation">The user interrupted.</param>
    public static async Task<DemoReport> RunAsync(string? policy, DemoNarrator narrator, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        List<DemoStep> steps = new();
        await using (DemoStage stage = new(policy, narrator))
        {
            foreach (IDemoScene scene in Scenes)
            {
                DemoStep step = new(steps.Count + 1, scene.Title);
                steps.Add(step);
                narrator.Begin(step);
                bool goesOn = await PlayAsync(scene, stage, step, cancellation);
                narrator.End(step);
                if (!goesOn)
                {
                    break;
                }
            }
        }

        DemoReport report = new(
            steps.Count == Scenes.Length && steps.TrueForAll(s => s.Observed),
            Math.Round(clock.Elapsed.TotalSeconds, 1),
            [.. steps.Select(s => new DemoStepReport(s.Number, s.Title, s.Observed, s.Unmet, s.Evidence))]);
        narrator.Close(report);
        return report;
    }

    private static async Task<bool> PlayAsync(IDemoScene scene, DemoStage stage, DemoStep step, CancellationToken cancellation)
    {
        try
        {
            await scene.PlayAsync(stage, step, cancellation);
            step.End();
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            step.Fail(new DemoException("interrupted"));
            return false;
        }
        catch (Exception e) when (e is DemoException or DaemonUnreachableException or AdminException or IOException or UnauthorizedAccessException)
        {
            step.Fail(e);
            return false;
        }
    }
}
