using System.Text.RegularExpressions;
using DaxEmu.Daemon.Tests.Audit;
using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>
/// The tables in docs/guards.md are what the cells gave. With <c>DAXEMU_WRITE_DOCS=1</c> the test writes them into the document instead of
/// comparing. What this machine's kernel is too old for stays as the document has it.
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
        string generated = Part().Replace(written, Generate);
        if (Environment.GetEnvironmentVariable("DAXEMU_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Document, generated);
        }

        Assert.Equal(
            CoveredGuard.All.SelectMany(g => (string[])[$"gaps {g.Word}", $"coverage {g.Word}"]).Order(),
            Part().Matches(generated).Select(m => $"{m.Groups["part"].Value} {m.Groups["guard"].Value}").Order());
        Assert.Equal(generated, File.ReadAllText(Document));
    }

    private string Generate(Match match)
    {
        CoveredGuard guard = CoveredGuard.All.Single(g => g.Word == match.Groups["guard"].Value);
        string content = match.Groups["content"].Value;
        string generated = match.Groups["part"].Value == "coverage" ? Table(guard, Cells(content))
            : outcomes.GapsOf(guard) is { } gaps ? string.Concat(gaps.Select(g => $"- {g}\n"))
            : content;
        return $"{match.Groups["mark"].Value}{generated}\n";
    }

    private string Table(CoveredGuard guard, Dictionary<(string Row, string Column), string> written)
    {
        CoveredCaller[] callers = [.. guard.Callers];
        string Cell(CoveredOperation operation, CoveredCaller caller) =>
            outcomes.Of(guard, operation, caller)?.Verdict ?? written.GetValueOrDefault((operation.Name, caller.Name), "");

        return $"| operation | on | {string.Join(" | ", callers.Select(c => c.Name))} |\n"
            + $"|---|---|{string.Concat(callers.Select(_ => "---|"))}\n"
            + string.Concat(CoveredOperation.All.Select(o => $"| {o.Name} | {o.Filesystem} | {string.Join(" | ", callers.Select(c => Cell(o, c)))} |\n"));
    }

    private static Dictionary<(string Row, string Column), string> Cells(string table)
    {
        string[][] rows = [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[2..^2].Split(" | "))];
        return rows.Skip(2)
            .SelectMany(row => row.Zip(rows[0], (cell, column) => ((row[0], column), cell)))
            .ToDictionary(c => c.Item1, c => c.cell);
    }

    [GeneratedRegex(@"(?<mark><!-- (?<part>gaps|coverage): (?<guard>[a-z-]+) -->\n)(?<content>(?:[|-].*\n)*)\n")]
    private static partial Regex Part();
}
