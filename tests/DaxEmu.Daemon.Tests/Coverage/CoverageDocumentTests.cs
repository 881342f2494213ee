using System.Text.RegularExpressions;
using DaxEmu.Daemon.Tests.Audit;
using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>
/// The tables in docs/guards.md are what the cells gave. With <c>DAXEMU_WRITE_DOCS=1</c> the test writes them into the document instead of
/// comparing. A guard that this machine lacks keeps what the document has.
/// </summary>
[Collection(CoverageCollection.Name)]
public sealed partial class CoverageDocumentTests(CoverageOutcomes outcomes)
{
    private static readonly string Document = Path.Combine(AuditedFilesystems.RepositoryRoot, "docs", "guards.md");

    [Fact]
    public void The_document_shows_what_each_guard_catches()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        string written = File.ReadAllText(Document);
        string generated = Part().Replace(written, m =>
        {
            CoveredGuard guard = CoveredGuard.All.Single(g => g.Word == m.Groups["guard"].Value);
            return outcomes.GapsOf(guard) is { } gaps ? m.Groups["mark"].Value + (m.Groups["part"].Value == "gaps" ? Gaps(gaps) : Table(guard)) + "\n" : m.Value;
        });
        if (Environment.GetEnvironmentVariable("DAXEMU_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Document, generated);
        }

        IEnumerable<string> parts = CoveredGuard.All.SelectMany(g => (string[])(g.HasGaps ? [$"gaps {g.Word}", $"coverage {g.Word}"] : [$"coverage {g.Word}"]));
        Assert.Equal(parts.Order(), Part().Matches(generated).Select(m => $"{m.Groups["part"].Value} {m.Groups["guard"].Value}").Order());
        Assert.Equal(generated, File.ReadAllText(Document));
    }

    private static string Gaps(IReadOnlyList<string> gaps) =>
        gaps.Count == 0 ? "- nothing\n" : string.Concat(gaps.Select(g => $"- {g}\n"));

    private string Table(CoveredGuard guard)
    {
        CoveredCaller[] callers = [.. guard.Callers];
        IEnumerable<string> rows = CoveredOperation.All.Select(o =>
            $"| {o.Name} | {o.Filesystem} | {string.Join(" | ", callers.Select(c => outcomes.Of(guard, o, c)!.Verdict))} |\n");
        return $"| operation | on | {string.Join(" | ", callers.Select(c => c.Name))} |\n"
            + $"|---|---|{string.Concat(callers.Select(_ => "---|"))}\n"
            + string.Concat(rows);
    }

    [GeneratedRegex(@"(?<mark><!-- (?<part>gaps|coverage): (?<guard>[a-z-]+) -->\n)(?:[|-].*\n)*\n")]
    private static partial Regex Part();
}
