using DaxEmu.Client;
using DaxEmu.Contract;
using Xunit;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>Changes that slip past the guard of a file under RDMA traffic: seen, told, and judged by the file's policy.</summary>
public sealed class BreachTests(BreachedVolumes volumes) : IClassFixture<BreachedVolumes>
{
    public static TheoryData<string, string> Changes { get; } =
        [.. Sabotage.All.SelectMany(s => s.Filesystems.Select(filesystem => (filesystem, s.Name)))];

    private CancellationToken Patience => volumes.Daemon.Patience;

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_change_behind_the_guard_is_a_breach_and_takes_the_region_away(string filesystem, string change)
    {
        Sabotage sabotage = Sabotage.All.Single(s => s.Name == change);
        using BreachedFile file = volumes.Make(filesystem);
        using Traffic bystander = new(volumes.OpenDevice(), volumes.Make(filesystem).Mounted);
        await sabotage.Prepare(file);
        using Traffic victim = new(volumes.OpenDevice(), file.Mounted, sabotage.IsRead);
        Assert.True(await victim.GoesOnAsync(Patience));

        await sabotage.Do(file);

        Assert.Equal(CompletionStatus.RemoteAccessError, await victim.Failed.WaitAsync(Patience));
        Breach breach = await BreachAsync(file);
        Assert.Equal((BreachFate.Revoked, Policy.Deny), (breach.Fate, breach.Policy!.Policy));
        LayoutChange first = breach.Changes[0];
        Assert.Equal((sabotage.Range.Start, sabotage.Range.End), (breach.Range.Start, breach.Range.End));
        Assert.Contains(first.Is.State, sabotage.Is);
        await UntilAsync(async () => (await EventsAsync<PinRevoked>(file)).Count == 1);
        Assert.Null((await EventsAsync<PinRevoked>(file))[0].Cause);
        Assert.True(await bystander.GoesOnAsync(Patience));
    }

    private async Task<Breach> BreachAsync(BreachedFile file)
    {
        Breach? seen = null;
        await UntilAsync(async () => (seen = (await EventsAsync<Breach>(file)).FirstOrDefault(b => b.Policy is not null)) is not null);
        return seen!;
    }

    private async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            Patience.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task<IReadOnlyList<T>> EventsAsync<T>(BreachedFile file)
        where T : ContractEvent => [.. (await volumes.Daemon.Process.Admin.EventsAsync(file.Mounted, Patience)).OfType<T>()];
}
