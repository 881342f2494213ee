using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Xunit;

namespace DaxEmu.Architecture.Tests;

/// <summary>docs/design.md: the contract and the NIC have no sockets, files, clocks or threads of their own.</summary>
public sealed class PureCoreTests
{
    private static readonly string[] Impure =
    [
        "System.IO.File", "System.IO.Directory", "System.IO.FileStream", "System.IO.FileInfo", "System.Diagnostics.Process",
        "System.Diagnostics.Stopwatch", "System.DateTime::get_UtcNow", "System.DateTime::get_Now", "System.DateTimeOffset::get_UtcNow",
        "System.DateTimeOffset::get_Now", "System.Environment::get_TickCount64", "System.Threading.Thread::.ctor",
        "System.Threading.Thread::Sleep", "System.Threading.ThreadPool", "System.Threading.Timer::", "System.Threading.Tasks.Task::Run",
        "System.Threading.Tasks.Task::Delay", "System.Net.", "native ", "System.Runtime.InteropServices.NativeLibrary",
    ];

    [Theory]
    [InlineData("DaxEmu.Contract")]
    [InlineData("DaxEmu.Nic")]
    public void Core_library_uses_no_socket_file_clock_or_thread(string library)
    {
        string[] found = [.. ReferencesOf(library).Where(IsImpure).Distinct()];

        Assert.True(found.Length == 0, $"{library} must be handed what it needs, not reach for {string.Join(", ", found)}");
    }

    [Fact]
    public void The_search_finds_what_an_impure_library_uses() =>
        Assert.Contains(ReferencesOf(typeof(PureCoreTests).Assembly.GetName().Name!), IsImpure);

    private static bool IsImpure(string reference) => Impure.Any(i => reference.StartsWith(i, StringComparison.Ordinal));

    private static List<string> ReferencesOf(string library)
    {
        using FileStream file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, library + ".dll"));
        using PEReader image = new(file);
        MetadataReader metadata = image.GetMetadataReader();
        List<string> references = [.. metadata.TypeReferences.Select(t => NameOf(metadata, t))];
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
            {
                references.Add($"{NameOf(metadata, (TypeReferenceHandle)member.Parent)}::{metadata.GetString(member.Name)}");
            }
        }

        // A module reference is a native library that the code calls into.
        for (int row = 1; row <= metadata.GetTableRowCount(TableIndex.ModuleRef); row++)
        {
            ModuleReferenceHandle module = MetadataTokens.ModuleReferenceHandle(row);
            references.Add("native " + metadata.GetString(metadata.GetModuleReference(module).Name));
        }

        return references;
    }

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle)
    {
        TypeReference type = metadata.GetTypeReference(handle);
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
