using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>The policy that counts is the one in force when an operation asks, whatever it was when the pin was granted.</summary>
public sealed class PolicyChangeTests
{
    public static TheoryData<Policy, Policy> Changes { get; } = new(
        from before in Enum.GetValues<Policy>() from after in Enum.GetValues<Policy>() where before != after select (before, after));

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task An_operation_is_judged_by_the_policy_that_is_in_force_when_it_asks(Policy before, Policy after)
    {
        World changed = new() { PolicyInForce = before };
        await changed.Pin(0, 4096);
        changed.PolicyInForce = after;

        Assert.Equal(await Outcome(await Always(after)), await Outcome(changed));
    }

    [Theory]
    [InlineData(Policy.Wait)]
    [InlineData(Policy.LeaseRevoke)]
    [InlineData(Policy.LeaseKill)]
    public async Task An_operation_that_waits_keeps_the_policy_it_began_with(Policy policy)
    {
        World steady = await Always(policy);
        World changed = await Always(policy);
        Task<LayoutDecision> first = steady.Truncate(0).AsTask();
        Task<LayoutDecision> second = changed.Truncate(0).AsTask();

        changed.PolicyInForce = Policy.Deny;

        Assert.Equal(await Outcome(steady, first), await Outcome(changed, second));
    }

    [Fact]
    public async Task A_lease_that_is_being_broken_ends_as_the_operation_said_that_waits_for_it()
    {
        World world = await Always(Policy.LeaseRevoke);
        Task<LayoutDecision> first = world.Truncate(0).AsTask();
        world.PolicyInForce = Policy.Wait;
        Task<LayoutDecision> second = world.Truncate(0).AsTask();

        world.Clock.Advance(World.Limits.LeaseBreakTime);

        Assert.Equal(LayoutVerdict.Proceed, (await first).Verdict);
        Assert.Equal(LayoutVerdict.Proceed, (await second).Verdict);
        Assert.Equal(["revoke 1"], world.Holders.Deeds);
    }

    private static async Task<World> Always(Policy policy)
    {
        World world = new() { PolicyInForce = policy };
        await world.Pin(0, 4096);
        return world;
    }

    private static Task<string> Outcome(World world) => Outcome(world, world.Truncate(0).AsTask());

    private static async Task<string> Outcome(World world, Task<LayoutDecision> asked)
    {
        bool waits = !asked.IsCompleted;
        world.Clock.Advance(World.Limits.WaitLimit);
        using LayoutDecision decision = await asked;
        return $"{waits} {decision.Verdict} {decision.Errno} {world.Holders.Notices.Count} {string.Join(", ", world.Holders.Deeds)} "
            + $"{world.Contract.PinsOf().Count} {world.Journal.Of().OfType<PinInvalidated>().Count()}";
    }
}
