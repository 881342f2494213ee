using System.Globalization;
using System.Net;
using System.Text;

namespace DaxEmu.Daemon.Compare;

/// <summary>The report as one HTML file that needs nothing else.</summary>
internal static class HtmlReport
{
    private const string Style =
        """
        :root { color-scheme: light dark; --ink: #1d1d1f; --faint: #d8d8dc; --paper: #fff; --bad: #b3261e; --good: #1b6e3c }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8e8ea; --faint: #44444a; --paper: #18181b; --bad: #ff8a80; --good: #7bd69b } }
        body { margin: 2rem auto; padding: 0 1rem; max-width: 74rem; background: var(--paper); color: var(--ink); font: 16px/1.5 sans-serif }
        h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
        .wide { overflow-x: auto } table { border-collapse: collapse; font-size: .85rem }
        th, td { padding: .3rem .4rem; border-bottom: 1px solid var(--faint); text-align: right }
        th { vertical-align: bottom } th:first-child, td:first-child { text-align: left; white-space: nowrap } figure { margin: .5rem 0 }
        svg { max-width: 100%; height: auto } .key { margin: 0 } .key span { margin-right: 1.2rem; white-space: nowrap } .key i { font-style: normal }
        .bad { color: var(--bad) } .good { color: var(--good) } dt { font-weight: bold; margin-top: .6rem } dd { margin-left: 1rem }
        """;

    private static readonly string[] Units = [" us", " ms", " s", " KiB", " MiB"];

    private static readonly (string Heading, string Meaning, Func<PolicyReport, string> Cell)[] Columns =
    [
        ("policy", "", p => p.Policy),
        ("rounds", "of 8 file operations on each file, with a look at all bytes after each", p => $"{p.Rounds}"),
        ("RDMA MiB/s", "bytes of RDMA writes in the time that writers and programs worked at once", p => Number(p.MebibytesPerSecond)),
        ("write p50", "half of the RDMA writes took no longer", p => CompareTable.Duration(p.RdmaWriteMicroseconds.P50)),
        ("write p99", "99 of 100 took no longer", p => CompareTable.Duration(p.RdmaWriteMicroseconds.P99)),
        ("operation p50", "half of the truncates, punches and zeroings took no longer", p => CompareTable.Duration(p.OperationMicroseconds.P50)),
        ("operation p99", "99 of 100 took no longer", p => CompareTable.Duration(p.OperationMicroseconds.P99)),
        ("operations", "file operations in all", p => $"{p.Operations}"),
        ("refused", "failed with ETXTBSY or ETIMEDOUT", p => $"{p.Refused}"),
        ("ignored", "were told of a success that was none", p => $"{p.Ignored}"),
        ("delayed", "waited for a holder", p => $"{p.Delayed}"),
        ("killed", "programs that got SIGKILL", p => $"{p.Killed}"),
        ("requests failed", "RDMA work requests that failed", p => $"{p.RequestsFailed}"),
        ("bytes disagreeing", "of those compared at quiet points", p => CompareTable.Bytes(p.BytesDisagreeing)),
        ("lost", "of the RDMA writes that were completed and nothing more", p => Lost(p.Crash, p.Crash.Completed)),
        ("lost though synced", "of the RDMA writes that were completed before an fsync", p => Lost(p.Crash, p.Crash.Synced)),
        ("lost though flushed", "of the RDMA writes that were completed before an RDMA FLUSH to persistence", p => Lost(p.Crash, p.Crash.Flushed)),
    ];

    /// <summary>The document.</summary>
    public static string Of(CompareReport report)
    {
        StringBuilder html = new();
        html.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>What should happen to a file that is registered for RDMA?</title><style>{Style}</style></head><body>
            <h1>What should happen to a truncate of a file that a device is writing into?</h1>
            <p>The same workload under {report.Policies.Count} policies: {ExperimentOptions.Lanes} programs write by RDMA into
            {ExperimentOptions.Lanes} registered files, while as many others truncate, punch, zero and write them by system calls.
            Seed {report.Seed}, {Number(report.Seconds)} s, data path of the mount: {Text(report.DataPath)}.</p>
            <p class="{(report.AsPredicted ? "good" : "bad")}">{(report.AsPredicted ? "Every policy behaved as it says." : "Not every policy behaved as it says: see below.")}</p>

            """);
        AppendTable(html, report);
        html.Append("<h2>What it costs, and whom</h2><dl>");
        foreach (PolicyReport policy in report.Policies)
        {
            html.Append(CultureInfo.InvariantCulture, $"<dt>{Text(policy.Policy)}</dt><dd>{Text(policy.Cost)}");
            foreach (string unmet in policy.Unmet)
            {
                html.Append(CultureInfo.InvariantCulture, $"<br><span class=\"bad\">Not as predicted: {Text(unmet)}</span>");
            }

            html.Append("</dd>");
        }

        html.Append("</dl>\n");
        AppendCharts(html, report.Policies);
        html.Append(CultureInfo.InvariantCulture, $"<p>Plan {report.Plan}</p></body></html>\n");
        return html.ToString();
    }

    private static void AppendTable(StringBuilder html, CompareReport report)
    {
        html.Append("<div class=\"wide\"><table><thead><tr>");
        foreach ((string heading, string meaning, _) in Columns)
        {
            html.Append(CultureInfo.InvariantCulture, $"<th title=\"{Text(meaning)}\">{Text(heading)}</th>");
        }

        html.Append("</tr></thead><tbody>\n");
        foreach (PolicyReport policy in report.Policies)
        {
            html.Append("<tr>");
            foreach ((_, _, Func<PolicyReport, string> cell) in Columns)
            {
                html.Append(CultureInfo.InvariantCulture, $"<td>{Text(Unbroken(cell(policy)))}</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n<details><summary>What the columns count</summary><dl>");
        foreach ((string heading, string meaning, _) in Columns.Where(c => c.Meaning.Length > 0))
        {
            html.Append(CultureInfo.InvariantCulture, $"<dt>{Text(heading)}</dt><dd>{Text(meaning)}</dd>");
        }

        html.Append("</dl></details>\n");
        if (CompareTable.Doubt(report) is { } doubt)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"bad\">{Text(doubt)}</p>\n");
        }

        if (report.Policies.Select(p => p.Crash.NotMeasured).FirstOrDefault(r => r is not null) is { } reason)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p>Losses were not measured: {Text(reason)}.</p>\n");
        }
    }

    private static void AppendCharts(StringBuilder html, IReadOnlyList<PolicyReport> policies)
    {
        Bars(html, "What the RDMA programs get done", "throughput", policies, "MiB/s", false, false, ("", p => p.MebibytesPerSecond));
        if (policies.Any(p => p.Throughput.Count > 1))
        {
            Chart(html, "and from round to round", policies.Select(p => p.Policy), Charts.Lines("rounds", policies));
        }

        Bars(
            html, "How long a truncate, punch or zeroing takes", "latency", policies, "microseconds, logarithmic", true, false,
            ("p50", p => p.OperationMicroseconds.P50), ("p99", p => p.OperationMicroseconds.P99));
        Bars(
            html, "What file operations are told", "answers", policies, "operations that met a registered range", false, true,
            ("refused", p => p.Refused), ("ignored", p => p.Ignored), ("delayed, then carried out", p => Math.Max(0, p.Delayed - p.Refused)));
        Bars(
            html, "Who is hurt", "harm", policies, "work requests, programs, bytes; logarithmic", true, false,
            ("work requests failed", p => p.RequestsFailed), ("programs killed", p => p.Killed), ("bytes disagreeing", p => p.BytesDisagreeing));
    }

    private static void Bars(
        StringBuilder html, string title, string name, IReadOnlyList<PolicyReport> policies, string unit, bool isLogarithmic, bool isStacked,
        params (string Name, Func<PolicyReport, double> Value)[] series) =>
        Chart(html, title, series.Select(s => s.Name), Charts.Bars(name, policies, unit, isLogarithmic, isStacked, series));

    // A single series is what the title says.
    private static void Chart(StringBuilder html, string title, IEnumerable<string> series, string svg)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2>\n<figure><p class=\"key\">");
        foreach ((int i, string name) in series.Index().Where(s => s.Item.Length > 0))
        {
            html.Append(CultureInfo.InvariantCulture, $"<span><i style=\"color:{Charts.ColourOf(i)}\">\u25a0</i> {Text(name)}</span>");
        }

        html.Append(CultureInfo.InvariantCulture, $"</p>{svg}</figure>\n");
    }

    private static string Lost(CrashReport crash, LostBytes? bytes) =>
        crash.NotMeasured is null && bytes is not null ? $"{CompareTable.Bytes(bytes.Lost)} of {CompareTable.Bytes(bytes.Written)}" : "not measured";

    // No line ends between a number and its unit.
    private static string Unbroken(string cell) =>
        Units.Aggregate(cell, (text, unit) => text.Replace(unit, $"\u00a0{unit[1..]}", StringComparison.Ordinal));

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
