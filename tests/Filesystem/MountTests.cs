using DaxEmu.Filesystem.Rig;
using DaxEmu.Filesystem.Suites;
using Xunit;

namespace DaxEmu.Filesystem;

/// <summary>The mount is a file system by the tests of others, while a file of it is pinned.</summary>
public sealed class MountTests(Machine machine)
{
    public static TheoryData<string, Place> Runs =>
        [.. Outcomes.Suites.SelectMany(s => (Place[])[Place.Passthrough, Place.PageCache], (s, p) => (s.Name, p))];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task A_suite_passes_but_for_what_is_published_and_pinned_files_are_as_they_were(string name, Place place)
    {
        Suite suite = Outcomes.Suites.Single(s => s.Name == name);

        IReadOnlyList<Outcome> run = await machine.Outcomes.OfAsync(suite, place);

        Outcome[] unexpected = [.. run.Where(o => o.Verdict != Verdict.Passed && !suite.Exceptions.ContainsKey(o.Test))];
        Assert.True(unexpected.Length == 0, string.Join("\n\n", unexpected.Select(o => $"{o.Test}: {o.Verdict}: {o.Detail}")));
        Assert.All(suite.Exceptions.Keys, e => Assert.Contains(run, o => o.Test == e && o.Verdict != Verdict.Passed));
        Assert.NotEmpty(run);
        Assert.True(await machine.IsPinnedFileUntouchedAsync(place), "the pinned file has changed or can be cut");
    }

    [Fact]
    public async Task The_exerciser_sees_writes_that_are_lost()
    {
        string program = await FileExerciser.CompileAsync(machine.Work);

        Script run = await Script.RunAsync($"{program} {machine.PathOf(Place.Passthrough)}/lost 20000 1 262144 lose", machine.Work);

        Assert.Equal(1, run.ExitStatus);
        Assert.Contains("FAILED at operation", run.Text, StringComparison.Ordinal);
    }
}
