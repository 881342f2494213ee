using System.Xml.Linq;
using Xunit;

namespace DaxEmu.Architecture.Tests;

/// <summary>The dependency table of docs/design.md, held against the project files.</summary>
public sealed class ProjectReferencesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["DaxEmu.Abi"] = [],
        ["DaxEmu.Linux"] = ["DaxEmu.Abi"],
        ["DaxEmu.Contract"] = [],
        ["DaxEmu.Nic"] = ["DaxEmu.Abi", "DaxEmu.Contract"],
        ["DaxEmu.Guards"] = ["DaxEmu.Abi", "DaxEmu.Linux", "DaxEmu.Contract"],
        ["DaxEmu.Device"] = ["DaxEmu.Abi", "DaxEmu.Linux", "DaxEmu.Contract", "DaxEmu.Nic"],
        ["DaxEmu.Client"] = ["DaxEmu.Abi", "DaxEmu.Linux"],
        ["DaxEmu.Daemon"] =
        [
            "DaxEmu.Abi", "DaxEmu.Linux", "DaxEmu.Contract", "DaxEmu.Nic", "DaxEmu.Guards", "DaxEmu.Device", "DaxEmu.Client",
        ],
    };

    public static TheoryData<string> Projects => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_point_only_where_the_design_allows(string project)
    {
        string[] stray = [.. ReferencesOf(project).Except(Allowed[project])];

        Assert.True(stray.Length == 0, $"{project} must not reference {string.Join(", ", stray)}: see docs/design.md, The parts");
    }

    [Fact]
    public void Every_source_project_has_a_row_in_the_table()
    {
        IEnumerable<string> found = Directory.GetDirectories(Path.Combine(RepositoryRoot, "src")).Select(d => Path.GetFileName(d)!);

        Assert.Equal(Allowed.Keys.Order(), found.Order());
    }

    private static IEnumerable<string> ReferencesOf(string project) =>
        XDocument.Load(Path.Combine(RepositoryRoot, "src", project, project + ".csproj"))
            .Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));

    private static string RepositoryRoot { get; } = FindRepositoryRoot();

    private static string FindRepositoryRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "DaxEmu.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("DaxEmu.sln not found above " + AppContext.BaseDirectory);
    }
}
