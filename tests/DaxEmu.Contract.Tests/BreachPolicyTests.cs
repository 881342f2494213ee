using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>Changes that slipped past a guard: what is told of them, and what becomes of the regions.</summary>
public sealed class BreachPolicyTests
{
    private static readonly LayoutChange Punched = new(
        new(4096, 8192), new(ByteState.Written, 1_048_576), new(ByteState.Hole));

    [Theory]
    [InlineData(Policy.Deny, "is revoked")]
    [InlineData(Policy.Wait, "is revoked")]
    [InlineData(Policy.LeaseRevoke, "is revoked")]
    [InlineData(Policy.LeaseKill, "is revoked")]
    [InlineData(Policy.Ignore, "stays")]
    [InlineData(Policy.Legacy, "stays")]
    [InlineData(Policy.Odp, "stays")]
    public async Task A_region_is_taken_away_where_the_policy_promised_it_its_bytes(Policy policy, string fate) =>
        Assert.Equal(fate, await FateUnder(policy, yields: false));

    [Fact]
    public async Task Nobody_has_to_be_asked_about_bytes_under_a_pin_that_yields_so_its_region_stays() =>
        Assert.Equal("stays", await FateUnder(Policy.Deny, yields: true));

    [Fact]
    public async Task A_breach_tells_what_was_there_and_what_is()
    {
        World world = new() { PolicyInForce = Policy.Ignore };
        Pin pin = await world.Pin(0, 8192);

        world.Contract.ReportBreach(new BreachFinding(pin, [Punched], 9));

        Breach breach = Assert.Single(world.Journal.Of(World.File).OfType<Breach>());
        Assert.Equal((pin, Punched.Range, BreachFate.Stays, Policy.Ignore), (breach.Pin, breach.Range, breach.Fate, breach.Policy!.Policy));
        Assert.Equal([Punched], breach.Changes);
        Assert.Equal("[4096, 8192) was a block at 1048576 and is a hole; and 8 more", breach.Evidence);
    }

    [Fact]
    public async Task Nobody_is_killed_for_the_breach_of_another()
    {
        World world = new() { PolicyInForce = Policy.LeaseKill };
        Pin pin = await world.Pin(0, 8192);

        world.Contract.ReportBreach(new BreachFinding(pin, [Punched], 1));

        Assert.Equal([$"revoke {pin.Id}"], world.Holders.Deeds);
    }

    [Fact]
    public async Task What_waited_for_a_region_that_is_taken_away_proceeds()
    {
        World world = new() { PolicyInForce = Policy.Wait };
        Pin pin = await world.Pin(0, 8192);
        Task<LayoutDecision> waiting = world.Truncate(0).AsTask();
        Assert.False(waiting.IsCompleted);

        world.Contract.ReportBreach(new BreachFinding(pin, [Punched], 1));

        using LayoutDecision decision = await waiting;
        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
        Assert.Empty(world.Contract.PinsOf());
    }

    [Fact]
    public async Task A_pin_that_has_gone_meanwhile_has_no_region_to_take_away()
    {
        World world = new() { PolicyInForce = Policy.Deny };
        Pin pin = await world.Pin(0, 8192);
        Assert.True(world.Contract.IsHeld(pin));
        world.Contract.Unpin(pin);
        Assert.False(world.Contract.IsHeld(pin));

        Assert.Equal(BreachFate.Stays, world.Contract.ReportBreach(new BreachFinding(pin, [Punched], 1)));

        Assert.Empty(world.Holders.Deeds);
        Assert.Single(world.Journal.Of(World.File).OfType<Breach>());
        Assert.Equal(0, world.Contract.FileCount);
    }

    internal static async Task<string> FateUnder(Policy policy, bool yields)
    {
        World world = new() { PolicyInForce = policy };
        PinRequest wish = World.Wish(0, 8192, yields ? PinAccess.Read : PinAccess.Read | PinAccess.Write);
        world.Facts = world.Facts with { OpenForWriting = !yields };
        Pin pin = (await world.Contract.PinAsync(wish, () => world.Facts, World.Token)).Pin!;
        Assert.Equal(yields, pin.Yields);

        BreachFate fate = world.Contract.ReportBreach(new BreachFinding(pin, [Punched], 1));

        bool isRevoked = world.Journal.Of(World.File).OfType<PinRevoked>().Any();
        Assert.Equal((fate == BreachFate.Revoked, isRevoked ? 0 : 1), (isRevoked, world.Contract.PinsOf().Count));
        Assert.Equal(fate, Assert.Single(world.Journal.Of(World.File).OfType<Breach>()).Fate);
        return isRevoked ? "is revoked" : "stays";
    }
}
