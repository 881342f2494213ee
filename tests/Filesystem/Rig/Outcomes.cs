using System.Collections.Concurrent;
using DaxEmu.Filesystem.Suites;

namespace DaxEmu.Filesystem.Rig;

/// <summary>Runs each suite once in each place, when it is first asked for.</summary>
internal sealed class Outcomes(Machine machine)
{
    private readonly ConcurrentDictionary<(string, Place), Lazy<Task<IReadOnlyList<Outcome>>>> _runs = new();

    internal static IReadOnlyList<Suite> Suites { get; } =
    [
        new FuseSystemCalls(), new GnulibTests(), new FileExerciser(), new Fio(), new StressNg(), new PythonTests(), new Programs(),
    ];

    /// <summary>What became of a suite's tests.</summary>
    internal Task<IReadOnlyList<Outcome>> OfAsync(Suite suite, Place place) => _runs.GetOrAdd(
        (suite.Name, place), _ => new(() => RunAsync(suite, place))).Value;

    private async Task<IReadOnlyList<Outcome>> RunAsync(Suite suite, Place place)
    {
        string directory = Directory.CreateDirectory(Path.Combine(machine.PathOf(place), suite.GetType().Name)).FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0x1ff);
        IReadOnlyList<Outcome> outcomes = await suite.RunAsync(directory, machine.Work);
        (await Script.RunAsync($"rm -rf {directory}", "/")).Succeeded();
        return outcomes;
    }
}
