using System.Diagnostics;

namespace DaxEmu.Daemon.Compare;

/// <summary>The same workload under each policy.</summary>
internal static class Experiment
{
    /// <summary>Carries it out.</summary>
    /// <param name="options">What is compared.</param>
    /// <param name="begins">Told the name of each policy when its turn comes.</param>
    /// <param name="cancellation">The user interrupted.</param>
    /// <exception cref="ExperimentException">It cannot be carried out.</exception>
    public static async Task<CompareReport> RunAsync(ExperimentOptions options, Action<string> begins, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        List<PolicyReport> reports = [];
        string dataPath = "";
        foreach (string policy in options.Policies)
        {
            begins(policy);
            PolicyRun run = new(options, policy);
            double left = options.Seconds - clock.Elapsed.TotalSeconds;
            reports.Add(await run.RunAsync(TimeSpan.FromSeconds(Math.Max(0, left / (options.Policies.Count - reports.Count))), cancellation));
            dataPath = run.DataPath;
        }

        return new CompareReport(
            reports.TrueForAll(r => r.AsPredicted),
            options.Seed,
            PlanDigest.Of(options.Seed, ExperimentOptions.Lanes),
            Math.Round(clock.Elapsed.TotalSeconds, 1),
            dataPath,
            reports);
    }
}
