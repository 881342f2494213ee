using System.Text.RegularExpressions;
using Xunit;

namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>
/// The tables in docs/contract.md are what the code does. With <c>DAXEMU_WRITE_DOCS=1</c> the test writes them into the document instead of
/// comparing.
/// </summary>
public sealed partial class ContractDocumentTests
{
    private static readonly string Document = Path.Combine(RepositoryRoot(), "docs", "contract.md");

    [Fact]
    public async Task The_document_shows_what_the_contract_does()
    {
        Dictionary<string, string> tables = new() { ["operations"] = Operations(), ["admission"] = await Refusals(), ["breaches"] = await Breaches() };
        foreach (LayoutReach reach in Enum.GetValues<LayoutReach>())
        {
            tables[$"matrix-{Name(reach)}"] = await Matrix(reach);
        }

        string written = await File.ReadAllTextAsync(Document, World.Token);
        string generated = Table().Replace(written, m => $"{m.Groups[1].Value}{tables[m.Groups[2].Value]}\n");
        if (Environment.GetEnvironmentVariable("DAXEMU_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Document, generated, World.Token);
        }

        Assert.Equal(tables.Keys.Order(), Table().Matches(generated).Select(m => m.Groups[2].Value).Order());
        Assert.Equal(generated, await File.ReadAllTextAsync(Document, World.Token));
    }

    private static string Operations() => Lines(
    [
        ["operation", "reach"],
        .. Enum.GetValues<LayoutOperationKind>().Select(kind => (string[])[$"`{Name(kind)}`", Words(LayoutReaches.Of(kind))]),
    ]);

    private static async Task<string> Refusals()
    {
        List<string[]> rows = [["rule", "a pin", "errno", "is told"]];
        foreach (AdmissionCase refused in AdmissionCase.Refused)
        {
            (PinDecision decision, _) = await refused.Ask();
            rows.Add([refused.Rule, refused.Name, Errno.NameOf(decision.Errno), decision.Reason]);
        }

        return Lines(rows);
    }

    private static async Task<string> Breaches()
    {
        List<string[]> rows = [["policy", "the region", "of a pin that yields"]];
        foreach (PolicyColumn column in PolicyColumn.All)
        {
            rows.Add(
            [
                $"`{PolicyName.Of(column.Policy)}`",
                await BreachPolicyTests.FateUnder(column.Policy, yields: false),
                await BreachPolicyTests.FateUnder(column.Policy, yields: true),
            ]);
        }

        return Lines(rows);
    }

    // Kinds that share a reach share their rows; one whose cell is another is named in it.
    private static async Task<string> Matrix(LayoutReach reach)
    {
        List<string[]> rows = [["overlap", "pins", "operation on", .. PolicyColumn.All.Select(c => $"`{PolicyName.Of(c.Policy)}`")]];
        LayoutOperationKind[] kinds = [.. Enum.GetValues<LayoutOperationKind>().Where(kind => LayoutReaches.Of(kind) == reach)];
        foreach (Overlap overlap in Overlap.Of(reach))
        {
            List<string> row =
            [
                overlap.Name,
                string.Join("; ", overlap.Pins.Select(Shown)),
                LayoutReaches.RangeOf(kinds[0], overlap.Offset, overlap.Length).ToString(),
            ];
            foreach (PolicyColumn column in PolicyColumn.All)
            {
                List<(LayoutOperationKind Kind, Cell Cell)> cells = [];
                foreach (LayoutOperationKind kind in kinds)
                {
                    cells.Add((kind, await MatrixRun.Observe(kind, overlap, column.Policy)));
                }

                row.Add(Shown(cells));
            }

            rows.Add([.. row]);
        }

        return Lines(rows);
    }

    private static string Shown(List<(LayoutOperationKind Kind, Cell Cell)> cells)
    {
        List<IGrouping<Cell, LayoutOperationKind>> same = [.. cells.GroupBy(c => c.Cell, c => c.Kind).OrderByDescending(g => g.Count())];
        IEnumerable<string> others = same.Skip(1).SelectMany(g => g.Select(kind => $" (`{Name(kind)}`: {g.Key})"));
        return same[0].Key + string.Concat(others);
    }

    private static string Shown(PinnedBytes pin) =>
        $"{new ByteRange(pin.Start, pin.End)}{(pin.Process == 1 ? "" : $" of process {pin.Process}")}"
        + (pin.Is == PinnedAs.Reader ? ", read-only" : pin.Is == PinnedAs.OnDemand ? ", on demand" : "");

    private static string Lines(List<string[]> rows)
    {
        IEnumerable<string> lines = rows.Select(row => $"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |");
        return string.Join('\n', [lines.First(), $"|{string.Concat(rows[0].Select(_ => "---|"))}", .. lines.Skip(1)]) + "\n";
    }

    private static string Words(LayoutReach reach) => reach switch
    {
        LayoutReach.Range => "the bytes it names",
        LayoutReach.ToTheEnd => "from its offset to the end of the file",
        _ => "the whole file",
    };

    private static string Name(Enum value) => Capital().Replace(value.ToString(), m => $"{(m.Index == 0 ? "" : "-")}{m.Value.ToLowerInvariant()}");

    private static string RepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "DaxEmu.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("DaxEmu.sln not found above " + AppContext.BaseDirectory);
    }

    [GeneratedRegex(@"(<!-- table: (\S+) -->\n)(?:\|.*\n)*\n")]
    private static partial Regex Table();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
