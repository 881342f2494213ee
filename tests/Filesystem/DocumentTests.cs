using System.Text.RegularExpressions;
using DaxEmu.Filesystem.Rig;
using Xunit;

namespace DaxEmu.Filesystem;

/// <summary>
/// The tables in docs/filesystem-tests.md are what the suites gave. With <c>DAXEMU_WRITE_DOCS=1</c> the test writes them into the document
/// instead of comparing.
/// </summary>
public sealed partial class DocumentTests(Machine machine)
{
    private static readonly string Document = Path.Combine(FindRepositoryRoot(), "docs", "filesystem-tests.md");

    [Fact]
    public async Task The_document_shows_what_the_suites_gave()
    {
        string written = await File.ReadAllTextAsync(Document, TestContext.Current.CancellationToken);
        string suites = await SuitesAsync();
        string exceptions = Exceptions();
        string generated = Table().Replace(written, m => m.Groups[1].Value + (m.Groups[2].Value == "suites" ? suites : exceptions) + "\n");
        if (Environment.GetEnvironmentVariable("DAXEMU_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Document, generated, TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, Table().Count(generated));
        Assert.Equal(generated, await File.ReadAllTextAsync(Document, TestContext.Current.CancellationToken));
    }

    private async Task<string> SuitesAsync()
    {
        List<string> lines = ["| suite | Debian package, version | what runs | passthrough | page cache |", "|---|---|---|---|---|"];
        foreach (Suite suite in Outcomes.Suites)
        {
            string origin = suite.Package is null ? "this repository" : $"{suite.Package} {await suite.VersionAsync()}";
            lines.Add(
                $"| {suite.Name} | {origin} | {suite.What} | {Counts(await machine.Outcomes.OfAsync(suite, Place.Passthrough))} | " +
                $"{Counts(await machine.Outcomes.OfAsync(suite, Place.PageCache))} |");
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Exceptions()
    {
        IEnumerable<string> rows = Outcomes.Suites.SelectMany(s => s.Exceptions, (s, e) => $"| {s.Name} | {e.Key} | {e.Value} |");
        return string.Join('\n', (string[])["| suite | test | why it does not pass |", "|---|---|---|", .. rows]) + "\n";
    }

    private static string Counts(IReadOnlyList<Outcome> run) => string.Join(
        ", ",
        run.GroupBy(o => o.Verdict).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key.ToString().ToLowerInvariant()}"));

    private static string FindRepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "DaxEmu.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("DaxEmu.sln not found above " + AppContext.BaseDirectory);
    }

    [GeneratedRegex(@"(<!-- table: (suites|exceptions) -->\n)(?:\|.*\n)*\n")]
    private static partial Regex Table();
}
