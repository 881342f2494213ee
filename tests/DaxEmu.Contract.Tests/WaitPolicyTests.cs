using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class WaitPolicyTests
{
    private const int EINTR = 4;
    private const int ETIMEDOUT = 110;

    [Fact]
    public async Task An_operation_waits_until_the_last_pin_in_its_range_is_gone()
    {
        World world = Waiting();
        Pin first = await world.Pin(0, 4096);
        Pin second = await world.Pin(4096, 8192);
        await world.Pin(20_000, 20_001);

        Task<LayoutDecision> asked = world.Punch(0, 8192).AsTask();
        Assert.False(asked.IsCompleted);
        world.Contract.Unpin(first);
        Assert.False(asked.IsCompleted);
        world.Contract.Unpin(second);

        using LayoutDecision decision = await asked;
        Assert.Equal((LayoutVerdict.Proceed, 0), (decision.Verdict, decision.Errno));
        Assert.Empty(world.Holders.Notices);
    }

    [Fact]
    public async Task While_it_waits_no_new_pin_comes_to_hold_it_up_for_longer()
    {
        World world = Waiting();
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();

        Task<PinDecision> late = world.AskPin(0, 4096).AsTask();
        Assert.False(late.IsCompleted);
        world.Contract.Unpin(pin);
        LayoutDecision decision = await asked;
        Assert.False(late.IsCompleted);
        decision.Dispose();

        Assert.True((await late).IsGranted);
    }

    [Fact]
    public async Task After_the_limit_it_fails_with_ETIMEDOUT_and_pins_that_waited_for_it_are_granted()
    {
        World world = Waiting();
        await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();
        Task<PinDecision> late = world.AskPin(0, 4096).AsTask();

        world.Clock.Advance(World.Limits.WaitLimit - TimeSpan.FromTicks(1));
        Assert.False(asked.IsCompleted);
        world.Clock.Advance(TimeSpan.FromTicks(1));

        LayoutDecision decision = await asked;
        Assert.Equal((LayoutVerdict.Refuse, ETIMEDOUT), (decision.Verdict, decision.Errno));
        Assert.StartsWith("The pins were still there after 60 seconds. [0, EOF) overlaps the pin [0, 4096)", decision.Reason, StringComparison.Ordinal);
        Assert.True((await late).IsGranted);
    }

    [Fact]
    public async Task Without_a_limit_it_waits_for_ever()
    {
        World world = new(World.Limits with { WaitLimit = Timeout.InfiniteTimeSpan }) { PolicyInForce = Policy.Wait };
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();

        world.Clock.Advance(TimeSpan.FromDays(400));
        Assert.False(asked.IsCompleted);
        Assert.Null(Assert.Single(world.Journal.Of().OfType<LayoutWaits>()).Deadline);
        world.Contract.Unpin(pin);

        Assert.Equal(LayoutVerdict.Proceed, (await asked).Verdict);
    }

    [Fact]
    public async Task An_interrupted_caller_gets_EINTR_and_leaves_nothing_behind()
    {
        World world = Waiting();
        Pin pin = await world.Pin(0, 4096);
        using CancellationTokenSource interrupt = new();
        Task<LayoutDecision> asked =
            world.Contract.RequestAsync(World.Operation(LayoutOperationKind.Truncate, ByteRange.From(0)), interrupt.Token).AsTask();

        await interrupt.CancelAsync();

        LayoutDecision decision = await asked;
        Assert.Equal((LayoutVerdict.Refuse, EINTR), (decision.Verdict, decision.Errno));
        Assert.True((await world.AskPin(0, 4096)).IsGranted);
        world.Contract.Unpin(pin);
        Assert.Single(world.Contract.PinsOf());
    }

    [Fact]
    public async Task An_operation_keeps_the_policy_it_began_with()
    {
        World world = Waiting();
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();

        world.PolicyInForce = Policy.Deny;
        using LayoutDecision other = await world.Truncate(0);
        Assert.Equal(LayoutVerdict.Refuse, other.Verdict);
        Assert.False(asked.IsCompleted);
        world.Contract.Unpin(pin);

        Assert.Equal(LayoutVerdict.Proceed, (await asked).Verdict);
    }

    [Fact]
    public async Task Several_operations_wait_for_one_pin_and_all_go_on()
    {
        World world = Waiting();
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision>[] asked = [.. Enumerable.Range(0, 5).Select(i => world.Truncate((ulong)i).AsTask())];

        world.Contract.Unpin(pin);

        Assert.All(await Task.WhenAll(asked), d => Assert.Equal(LayoutVerdict.Proceed, d.Verdict));
    }

    [Fact]
    public async Task Why_says_that_it_waits_and_until_when_and_then_how_it_ended()
    {
        World world = Waiting();
        Pin pin = await world.Pin(0, 4096);
        DateTimeOffset began = world.Clock.Now;
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();

        WhyOperation waiting = Explain(world).Operation!;
        Assert.Equal((null, began + World.Limits.WaitLimit), (waiting.Verdict, waiting.WaitsUntil));
        Assert.Contains(Explain(world).Advice, a => a.StartsWith("Deregister the region rkey 0x1a03", StringComparison.Ordinal));

        world.Contract.Unpin(pin);
        (await asked).Dispose();
        Assert.Equal((LayoutVerdict.Proceed, null), (Explain(world).Operation!.Verdict, Explain(world).Operation!.WaitsUntil));
        Assert.Empty(Explain(world).Advice);
    }

    private static World Waiting() => new() { PolicyInForce = Policy.Wait };

    private static WhyAnswer Explain(World world) => Why.Explain(
        World.File, "/vol/data", world.Journal.Of(World.File), world.Contract.PinsOf(World.File), world.Policy.Setting);
}
