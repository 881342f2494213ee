using System.Text.RegularExpressions;
using DaxEmu.Daemon.Tests.Audit;
using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>
/// The table in docs/legacy.md is what the emulator and the running kernel did. With <c>DAXEMU_WRITE_DOCS=1</c> the test writes it into the
/// document instead of comparing.
/// </summary>
[Collection(LegacyCollection.Name)]
public sealed partial class LegacyDocumentTests(LegacyOutcomes outcomes, PolicyOutcomes policies)
{
    private static readonly string Document = Path.Combine(AuditedFilesystems.RepositoryRoot, "docs", "legacy.md");

    [Fact]
    public void The_document_shows_what_the_emulator_and_the_kernel_do()
    {
        string written = File.ReadAllText(Document);
        Dictionary<string, string> tables = new() { ["legacy"] = Rows(), ["durability"] = DurabilityRows(), ["policies"] = PolicyRows() };
        string generated = Table().Replace(written, m => $"{m.Groups[1].Value}{tables[m.Groups[2].Value]}\n");
        if (Environment.GetEnvironmentVariable("DAXEMU_WRITE_DOCS") == "1")
        {
            File.WriteAllText(Document, generated);
        }

        Assert.Equal(tables.Keys, Table().Matches(generated).Select(m => m.Groups[2].Value));
        Assert.Equal(generated, File.ReadAllText(Document));
    }

    private string Rows()
    {
        IEnumerable<string> names = [.. LegacyColumn.All.Select(c => c.Name), LegacyColumn.Real];
        List<string> lines = [$"| step | {string.Join(" | ", names)} |", $"|---|{string.Concat(names.Select(_ => "---|"))}"];
        foreach (LegacyRow row in LegacyRow.All)
        {
            IEnumerable<string> cells = LegacyColumn.All.Select(c => row.Unseen == c.Name ? "not seen" : Cell(row, outcomes.Of(c.Name, row.Step)));
            lines.Add($"| {row.Step} | {string.Join(" | ", cells)} | {Cell(row, outcomes.OfReal(row.Step))} |");
        }

        return string.Join('\n', lines) + "\n";
    }

    private string DurabilityRows() => Rows(
        "step", LegacyColumn.Durability.Select(c => c.Name), DurabilityRow.All.Select(r => r.Step),
        (step, column) =>
        {
            (string file, string disk) = outcomes.OfDurability(column, step);
            return $"`{file}` / `{disk}`";
        });

    private string PolicyRows() => Rows(
        "policy: operation", PolicyRow.Filesystems, PolicyRow.All.Select(r => r.Name), policies.Of);

    private static string Rows(string corner, IEnumerable<string> columns, IEnumerable<string> rows, Func<string, string, string> cell)
    {
        List<string> lines = [$"| {corner} | {string.Join(" | ", columns)} |", $"|---|{string.Concat(columns.Select(_ => "---|"))}"];
        lines.AddRange(rows.Select(row => $"| {row} | {string.Join(" | ", columns.Select(column => cell(row, column)))} |"));
        return string.Join('\n', lines) + "\n";
    }

    // Where the page is still the file's, its bytes past the end are the filesystem's to clear or keep, and differ from one to the next.
    private static string Cell(LegacyRow row, (string File, string Device) seen) =>
        row.File is null && seen.File == seen.Device ? "the same" : $"`{seen.File}` / `{seen.Device}`";

    [GeneratedRegex(@"(<!-- table: (\S+) -->\n)(?:\|.*\n)*\n")]
    private static partial Regex Table();
}
