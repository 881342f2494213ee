using DaxEmu.Daemon.Programs;
using DaxEmu.Daemon.Tests.Audit;
using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>caller.c, compiled in both ways, caller.py, and the library that is preloaded, where every user can run them.</summary>
internal sealed class CallerPrograms
{
    private readonly string _directory;

    private CallerPrograms(string directory) => _directory = directory;

    private string Library => Path.Combine(_directory, Path.GetFileName(PreloadLibrary.Path));

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
        CallerPrograms programs = new(directory);
        File.Copy(PreloadLibrary.Path, programs.Library);
        return programs;
    }

    /// <summary>Starts a caller.</summary>
    /// <param name="caller">Which.</param>
    /// <param name="deviceSocket">A daemon whom it asks by itself, with the library for that in it, or null.</param>
    /// <param name="patience">Kills it.</param>
    public CallerProcess Start(CoveredCaller caller, string? deviceSocket, CancellationToken patience) => new(
        [.. caller.CommandLine.Select(FillIn)],
        deviceSocket is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["LD_PRELOAD"] = Library, ["DAXEMU_SOCKET"] = deviceSocket },
        patience);

    private string FillIn(string argument) => argument switch
    {
        CoveredCaller.Dynamic => Path.Combine(_directory, "caller"),
        CoveredCaller.Static => Path.Combine(_directory, "caller-static"),
        CoveredCaller.Script => Path.Combine(_directory, "caller.py"),
        _ => argument,
    };
}
