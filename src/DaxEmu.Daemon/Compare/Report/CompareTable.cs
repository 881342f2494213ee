using System.Globalization;
using DaxEmu.Daemon.Commands;

namespace DaxEmu.Daemon.Compare;

/// <summary>The one table.</summary>
internal static class CompareTable
{
    private static readonly string[] Headings =
    [
        "policy", "MiB/s", "write p50/p99", "op p50/p99", "refused", "ignored", "delayed", "killed", "WR failed", "disagree", "lost/synced/flushed",
    ];

    // Below, one slow operation more or less makes another number.
    private const int EnoughRounds = 10;

    /// <summary>Writes it.</summary>
    public static void Show(CompareReport report, Terminal terminal)
    {
        terminal.Table(Headings, [.. report.Policies.Select(Row)]);
        foreach (PolicyReport policy in report.Policies)
        {
            terminal.Line($"[bold]{policy.Policy}[/]: {policy.Cost}");
            foreach (string unmet in policy.Unmet)
            {
                terminal.Line($"   [red]NOT as predicted:[/] {unmet}");
            }
        }

        if (Doubt(report) is { } doubt)
        {
            terminal.Line($"[yellow]{doubt}[/]");
        }

        if (report.Policies.Select(p => p.Crash.NotMeasured).FirstOrDefault(r => r is not null) is { } reason)
        {
            terminal.Line($"lost: not measured: {reason}");
        }
    }

    /// <summary>Why the numbers say little; null when they do not.</summary>
    internal static string? Doubt(CompareReport report)
    {
        int fewest = report.Policies.Min(p => p.Rounds);
        return fewest < EnoughRounds
            ? $"Numbers of few rounds ({fewest} under one policy) tell how policies behave, not how fast: run it longer (--seconds) on a machine that does nothing else."
            : null;
    }

    /// <summary>A duration with its unit.</summary>
    internal static string Duration(double microseconds) => microseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds:0} us"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1000:0.0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds / 1_000_000:0.0} s"),
    };

    /// <summary>A number of bytes with its unit.</summary>
    internal static string Bytes(long bytes) => bytes switch
    {
        < 1024 => $"{bytes}",
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
    };

    private static string[] Row(PolicyReport policy) =>
    [
        policy.Policy,
        policy.MebibytesPerSecond.ToString("0", CultureInfo.InvariantCulture),
        Both(policy.RdmaWriteMicroseconds),
        Both(policy.OperationMicroseconds),
        $"{policy.Refused}",
        $"{policy.Ignored}",
        $"{policy.Delayed}",
        $"{policy.Killed}",
        $"{policy.RequestsFailed}",
        Bytes(policy.BytesDisagreeing),
        policy.Crash is { Completed: { } completed, Synced: { } synced, Flushed: { } flushed }
            ? $"{Bytes(completed.Lost)} / {Bytes(synced.Lost)} / {Bytes(flushed.Lost)}"
            : "not measured",
    ];

    private static string Both(Percentiles latency) => $"{Duration(latency.P50)} / {Duration(latency.P99)}";
}
