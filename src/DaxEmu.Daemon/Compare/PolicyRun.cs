using System.Diagnostics;
using DaxEmu.Abi;
using DaxEmu.Daemon.Admin;

namespace DaxEmu.Daemon.Compare;

/// <summary>One policy put to the workload.</summary>
/// <param name="options">The experiment's.</param>
/// <param name="policy">The policy.</param>
internal sealed class PolicyRun(ExperimentOptions options, string policy)
{
    private readonly Prediction _prediction = Prediction.Of(policy);
    private readonly EventTally _events = new();
    private readonly List<double> _throughput = [];
    private readonly List<Lane> _lanes = [];

    /// <summary>How reads and writes of the mount reached the files.</summary>
    public string DataPath { get; private set; } = "";

    /// <summary>Runs it.</summary>
    /// <param name="budget">How long; one round at least.</param>
    /// <param name="cancellation">The user interrupted.</param>
    /// <exception cref="ExperimentException">It cannot be carried out.</exception>
    public async Task<PolicyReport> RunAsync(TimeSpan budget, CancellationToken cancellation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        Stage stage = await Stage.SetAsync(options.Executable, policy, cancellation);
        await using (stage)
        {
            try
            {
                DaemonStatus status = await stage.Admin.StatusAsync(cancellation);
                DataPath = status.Volumes[0].Passthrough ? "passthrough" : $"through the daemon: {status.Volumes[0].Reason}";
                for (int number = 0; number < ExperimentOptions.Lanes; number++)
                {
                    _lanes.Add(await Lane.StartAsync(stage, number, options.Seed, cancellation));
                }

                double working = 0;
                int rounds = 0;
                do
                {
                    working += await RunRoundAsync(cancellation);
                    options.BeforeComparing?.Invoke(stage);
                    await Task.WhenAll(_lanes.Select(lane => lane.BeQuietAsync(rounds, _prediction, cancellation)));
                    await _events.ReadAsync(stage.Admin, cancellation);
                    rounds++;
                }
                while (clock.Elapsed < budget);

                CrashReport crash = await _lanes[0].CrashAsync(cancellation);
                return Report(rounds, working, crash);
            }
            finally
            {
                foreach (Lane lane in _lanes)
                {
                    await lane.DisposeAsync();
                }
            }
        }
    }

    private static bool TakesBlocks(MutationResult result) =>
        result.Mutation.Kind is MutationKind.Truncate or MutationKind.OpenTruncate or MutationKind.PunchHole or MutationKind.ZeroRange;

    private async Task<double> RunRoundAsync(CancellationToken cancellation)
    {
        long before = _lanes.Sum(lane => lane.Tally.Bytes);
        Stopwatch clock = Stopwatch.StartNew();
        await Task.WhenAll(_lanes.Select(lane => lane.RunRoundAsync(cancellation)));
        double seconds = clock.Elapsed.TotalSeconds;
        _throughput.Add(Math.Round((_lanes.Sum(lane => lane.Tally.Bytes) - before) / seconds / (1 << 20), 1));
        return seconds;
    }

    private PolicyReport Report(int rounds, double working, CrashReport crash)
    {
        LaneTally all = new();
        _lanes.ForEach(lane => all.Add(lane.Tally));
        if (all.DisagreeingBytes > 0 && !_prediction.MayDisagree)
        {
            all.Unmet.Add($"file and device disagreed on {all.DisagreeingBytes} bytes");
        }

        if (all.DisagreeingBytes > 0 && _events.Divergences == 0)
        {
            all.Unmet.Add("file and device disagreed, and the daemon reported nothing");
        }

        if (crash.Synced is { Lost: > 0 } synced && !_prediction.MayDisagree)
        {
            all.Unmet.Add($"{synced.Lost} of {synced.Written} bytes that were synced are not on the disk after the power was cut");
        }

        if (crash.Flushed is { Lost: > 0 } flushed && !_prediction.MayDisagree)
        {
            all.Unmet.Add($"{flushed.Lost} of {flushed.Written} bytes that were flushed are not on the disk after the power was cut");
        }

        if (_events.Breaches > 0)
        {
            all.Unmet.Add($"{_events.Breaches} times pinned bytes changed without the daemon being asked");
        }

        return new PolicyReport(
            policy,
            all.Unmet.Count == 0,
            all.Unmet,
            _prediction.Cost,
            rounds,
            Math.Round(working, 3),
            all.Writes,
            all.Bytes,
            Math.Round(all.Bytes / working / (1 << 20), 1),
            Percentiles.Of(all.WriteMicroseconds),
            all.FailedRequests,
            all.Failures,
            all.Recoveries,
            Math.Round(all.RecoverySeconds, 3),
            all.Mutations.Count,
            Percentiles.Of(all.Mutations.Where(TakesBlocks).Select(m => m.Microseconds)),
            all.Mutations.Count(m => m.Errno is errno.ETXTBSY or errno.ETIMEDOUT),
            _events.Ignored,
            _events.Delayed,
            all.Mutations.Count(m => m.Errno == errno.EOPNOTSUPP),
            _events.Revoked,
            all.Killed,
            all.ComparedBytes,
            all.DisagreeingBytes,
            _events.Divergences,
            all.VanishedBytes,
            crash,
            _throughput);
    }
}
