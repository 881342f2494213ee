using DaxEmu.Filesystem.Rig;

namespace DaxEmu.Filesystem.Suites;

/// <summary>The program file_exerciser.c.</summary>
internal sealed class FileExerciser : Suite
{
    private const int Seed = 20260101;

    // Fewer on a machine that has no minutes to spare; more to look for something rare.
    private static readonly string Operations = Environment.GetEnvironmentVariable("DAXEMU_EXERCISER_OPERATIONS") ?? "1000000";

    internal override string Name => "file_exerciser";

    internal override string? Package => null;

    internal override string What =>
        "1,000,000 random reads, writes, loads and stores through mappings, truncates, punched and zeroed ranges, allocations, copies, " +
        "fsync and msync on one file, against a model in memory";

    internal override async Task<IReadOnlyList<Outcome>> RunAsync(string directory, string work) =>
    [
        await ScriptAsync("the model", $"{await CompileAsync(work)} {directory}/file {Operations} {Seed}", directory),
    ];

    /// <summary>Compiles it.</summary>
    /// <returns>Its path.</returns>
    internal static async Task<string> CompileAsync(string work)
    {
        string program = Path.Combine(work, "file_exerciser");
        (await Script.RunAsync(
            $"test -e {program} || gcc -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -o {program} {AppContext.BaseDirectory}/programs/file_exerciser.c",
            work)).Succeeded();
        return program;
    }
}
