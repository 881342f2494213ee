using DaxEmu.Client;
using DaxEmu.Contract;
using DaxEmu.Daemon.Tests.Legacy;
using Xunit;
using static DaxEmu.Daemon.Tests.Breaches.BreachedFile;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>Changes that slip past the guard of a file under RDMA traffic: seen, told, and judged by the file's policy.</summary>
[Collection(BreachCollection.Name)]
public sealed class BreachTests(BreachedVolumes volumes)
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

    [Theory]
    [InlineData("wait", BreachFate.Revoked)]
    [InlineData("lease-revoke", BreachFate.Revoked)]
    [InlineData("lease-kill", BreachFate.Revoked)]
    [InlineData("ignore", BreachFate.Stays)]
    [InlineData("legacy", BreachFate.Stays)]
    [InlineData("odp", BreachFate.Stays)]
    public async Task The_policy_of_the_file_says_what_becomes_of_the_region(string policy, BreachFate fate)
    {
        using BreachedFile file = await volumes.MakeAsync("ext4", policy);
        file.Sync();
        using Traffic holder = new(volumes.OpenDevice(), file.Mounted);
        Assert.True(await holder.GoesOnAsync(Patience));

        file.Allocate(Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, 4, 2);

        Assert.Equal(fate, (await BreachAsync(file)).Fate);
        if (fate == BreachFate.Revoked)
        {
            Assert.Equal(CompletionStatus.RemoteAccessError, await holder.Failed.WaitAsync(Patience));
        }
        else
        {
            Assert.True(await holder.GoesOnAsync(Patience));
            Assert.Empty(await EventsAsync<PinRevoked>(file));
        }
    }

    [Fact]
    public async Task A_breach_is_told_once_and_in_full_by_why_and_by_events()
    {
        using BreachedFile file = volumes.Make("tmpfs");
        using Traffic holder = new(volumes.OpenDevice(), file.Mounted);
        file.Allocate(Libc.FALLOC_FL_PUNCH_HOLE | Libc.FALLOC_FL_KEEP_SIZE, 4, 2);
        Breach breach = await BreachAsync(file);
        string[] asked = ["--socket", volumes.Daemon.Runtime, "--config", volumes.Daemon.Configuration];

        Assert.Contains("which was revoked", (await volumes.Daemon.RunAsync(["why", file.Mounted, .. asked])).Output, StringComparison.Ordinal);
        string events = (await volumes.Daemon.RunAsync(["events", file.Mounted, .. asked])).Output;
        Assert.Contains("[16384, 24576) was a block and is a hole; the region is revoked: policy deny", events, StringComparison.Ordinal);
        Assert.Equal("[16384, 24576) was a block and is a hole", breach.Evidence);
        Assert.Single(await EventsAsync<Breach>(file));
    }

    /// <summary>Nobody can look between the change and the end of the region, but it is looked at before it goes.</summary>
    [Fact]
    public async Task A_change_just_before_a_region_is_deregistered_is_seen()
    {
        using BreachedFile file = volumes.Make("tmpfs");
        using (RdmaDevice device = volumes.OpenDevice())
        {
            MemoryRegion region = device.CreateProtectionDomain().RegisterFile(file.Mounted);
            Assert.Equal(0, Libc.Truncate(file.Backing, 0));
            region.Dispose();
        }

        Assert.Equal(new ByteRange(0, Pages * Page), (await BreachAsync(file)).Range);
    }

    [Fact]
    public async Task A_region_on_demand_follows_its_file_and_one_of_a_file_on_no_volume_is_nobodys_promise()
    {
        using BreachedFile file = volumes.Make("ext4");
        using TemporaryDirectory elsewhere = new();
        string unguarded = elsewhere.Write("f", "contents");
        using RdmaDevice device = volumes.OpenDevice();
        using ProtectionDomain domain = device.CreateProtectionDomain();
        using MemoryRegion onDemand = domain.RegisterFile(file.Mounted, access: AccessFlags.LocalWrite | AccessFlags.OnDemand);
        using MemoryRegion free = domain.RegisterFile(unguarded);
        Assert.Equal(0, Libc.Truncate(file.Backing, 0));
        Assert.Equal(0, Libc.Truncate(unguarded, 0));
        onDemand.Dispose();
        free.Dispose();

        // The daemon looks at what is seen later after what was seen before.
        using BreachedFile later = volumes.Make("ext4");
        MemoryRegion last = domain.RegisterFile(later.Mounted);
        Assert.Equal(0, Libc.Truncate(later.Backing, 0));
        last.Dispose();
        await BreachAsync(later);

        Assert.Empty(await EventsAsync<Breach>(file));
        Assert.Empty((await volumes.Daemon.Process.Admin.EventsAsync(unguarded, Patience)).OfType<Breach>());
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
