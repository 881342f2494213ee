using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace DaxEmu.Nic.Tests;

/// <summary>The NIC has no sockets, files, clocks or threads of its own: shown on what its assembly refers to.</summary>
public sealed class PurityTests
{
    private static readonly string[] Forbidden =
    [
        "System.IO.", "System.Net.", "System.Diagnostics.Process", "System.Diagnostics.Stopwatch", "System.Threading.Thread",
        "System.Threading.Tasks.Task`", "System.Threading.Tasks.Parallel", "System.Threading.Timer", "System.DateTime", "System.Random",
        "System.Environment", "System.TimeProvider",
    ];

    [Fact]
    public void The_assembly_refers_to_no_type_of_the_outside_world() => Assert.Equal([], Violations(typeof(NicDevice).Assembly.Location));

    [Fact]
    public void The_check_fires_on_an_assembly_that_does() => Assert.NotEmpty(Violations(typeof(PurityTests).Assembly.Location));

    [Fact]
    public void The_assembly_imports_no_native_function()
    {
        using PEReader file = new(File.OpenRead(typeof(NicDevice).Assembly.Location));
        Assert.Equal(0, file.GetMetadataReader().GetTableRowCount(TableIndex.ImplMap));
    }

    private static List<string> Violations(string path)
    {
        using PEReader file = new(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences
            .Select(metadata.GetTypeReference)
            .Select(t => $"{metadata.GetString(t.Namespace)}.{metadata.GetString(t.Name)}")
            .Where(name => Forbidden.Any(f => name.StartsWith(f, StringComparison.Ordinal)))];
    }
}
