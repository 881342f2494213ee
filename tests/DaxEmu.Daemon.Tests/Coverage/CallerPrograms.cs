using DaxEmu.Daemon.Programs;
using DaxEmu.Daemon.Tests.Audit;
using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>caller.c, compiled in both ways, and caller.py, where every user can run them.</summary>
internal sealed class CallerPrograms
{
    private readonly string _directory;

    private CallerPrograms(string directory) => _directory = directory;

    /// <summary>Puts them into a directory.</summary>
    public static async Task<CallerPrograms> CompileAsync(string directory, CancellationToken patience)
    {
        string sources = Path.Combine(AuditedFilesystems.RepositoryRoot, "tests", "DaxEmu.Daemon.Tests", "Coverage", "programs");
        foreach ((string name, string[] flags) in new[] { ("caller", (string[])[]), ("caller-static", ["-static"]) })
        {
            ProgramRun run = await ProgramRun.OfAsync(
                "cc",
                [
                    "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", .. flags,
                    "-o", Path.Combine(directory, name), Path.Combine(sources, "caller.c"),
                ],
                patience);
            Assert.True(run.Succeeded, run.Error);
        }

        File.Copy(Path.Combine(sources, "caller.py"), Path.Combine(directory, "caller.py"));
        return new CallerPrograms(directory);
    }

    /// <summary>Starts a caller.</summary>
    public CallerProcess Start(CoveredCaller caller, CancellationToken patience) => new([.. caller.CommandLine.Select(FillIn)], patience);

    private string FillIn(string argument) => argument switch
    {
        CoveredCaller.Dynamic => Path.Combine(_directory, "caller"),
        CoveredCaller.Static => Path.Combine(_directory, "caller-static"),
        CoveredCaller.Script => Path.Combine(_directory, "caller.py"),
        _ => argument,
    };
}
