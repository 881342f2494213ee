using Xunit;

namespace DaxEmu.Conformance;

/// <summary>The data path of a program allocates nothing: programs/no_allocation.c counts.</summary>
public sealed class AllocationTests(Machine machine)
{
    // Of main in no_allocation.c.
    private const int Allocated = 3;

    [Fact]
    public async Task Posting_work_requests_allocates_nothing()
    {
        string program = await machine.CompileAsync("no_allocation");

        (await machine.RunAsync(program)).Succeeded();
    }

    /// <summary>With a library whose doorbell allocates.</summary>
    [Theory]
    [InlineData("static void *volatile kept; kept = __builtin_malloc(8);", "10000 allocations, 0 mappings")]
    [InlineData("raw_mmap(NULL, 4096, 3 /* PROT_READ | PROT_WRITE */, 0x22 /* MAP_PRIVATE | MAP_ANONYMOUS */, -1, 0);", "0 allocations, 10000 mappings")]
    public async Task An_allocation_in_the_doorbell_is_counted(string allocation, string expected)
    {
        const string Ring = "    ring(doorbell, handle);";
        string program = await machine.CompileAsync("no_allocation");
        string sources = await NativeSources.CopyAsync("preload", "doorbell.c", Ring, $"    {allocation}\n{Ring}");
        string library = Path.Combine(machine.Files, $"libdaxemu-preload-{Guid.NewGuid():n}.so");
        await machine.CompileAsync(
            library,
            ["-std=gnu11", "-O1", "-w", "-D_GNU_SOURCE", "-pthread", "-fPIC", "-shared", "-fvisibility=hidden", "-I", NativeSources.Of("include")],
            sources, null);
        Directory.Delete(sources, recursive: true);

        ProgramResult result = await machine.RunWithAsync(new Dictionary<string, string> { ["LD_PRELOAD"] = library }, program);

        Assert.True(result.ExitStatus == Allocated, result.Text);
        Assert.Contains(expected, result.Text, StringComparison.Ordinal);
    }
}
