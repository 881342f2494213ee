using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class LeasePolicyTests
{
    public static TheoryData<Policy> LeasePolicies => [Policy.LeaseRevoke, Policy.LeaseKill];

    [Theory]
    [MemberData(nameof(LeasePolicies))]
    public async Task The_holder_is_told_who_asks_and_until_when_and_a_pin_given_back_in_time_ends_the_wait(Policy policy)
    {
        World world = new() { PolicyInForce = policy };
        Pin pin = await world.Pin(0, 4096);

        Task<LayoutDecision> asked = world.Truncate(0).AsTask();
        (Pin told, LeaseBreak notice) = Assert.Single(world.Holders.Notices);
        Assert.Equal(pin, told);
        Assert.Equal((World.Coreutils, policy, world.Clock.Now + World.Limits.LeaseBreakTime), (notice.Operation.Requester, notice.Policy, notice.Deadline));
        world.Clock.Advance(World.Limits.LeaseBreakTime - TimeSpan.FromTicks(1));
        Assert.False(asked.IsCompleted);
        world.Contract.Unpin(pin);

        Assert.Equal(LayoutVerdict.Proceed, (await asked).Verdict);
        Assert.Empty(world.Holders.Deeds);
        Assert.Empty(world.Journal.Of().OfType<PinRevoked>());
    }

    [Fact]
    public async Task A_holder_may_give_the_pin_back_while_it_is_being_told()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        await world.Pin(0, 4096);
        world.Holders.WhenTold = world.Contract.Unpin;

        Assert.Equal(LayoutVerdict.Proceed, (await world.Truncate(0)).Verdict);
        Assert.Empty(world.Holders.Deeds);
    }

    [Theory]
    [MemberData(nameof(LeasePolicies))]
    public async Task A_pin_whose_time_was_over_is_told_as_revoked_though_its_holders_end_removes_it_first(Policy policy)
    {
        World world = new() { PolicyInForce = policy };
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();

        // The session of a process that is killed gives its pins back while they are being taken.
        world.Holders.WhenRevoked = world.Contract.Unpin;
        world.Clock.Advance(World.Limits.LeaseBreakTime);

        Assert.Equal(LayoutVerdict.Proceed, (await asked).Verdict);
        PinRevoked revoked = Assert.Single(world.Journal.Of().OfType<PinRevoked>());
        Assert.Equal((pin, policy == Policy.LeaseKill), (revoked.Pin, revoked.Killed));
        Assert.Empty(world.Journal.Of().OfType<PinReleased>());
    }

    [Fact]
    public async Task After_the_lease_break_time_the_pin_is_revoked_before_the_operation_proceeds()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();
        bool proceeded = false;
        world.Holders.WhenRevoked = _ => proceeded = asked.IsCompleted;

        world.Clock.Advance(World.Limits.LeaseBreakTime);

        Assert.Equal(LayoutVerdict.Proceed, (await asked).Verdict);
        Assert.Equal([$"revoke {pin.Id}"], world.Holders.Deeds);
        Assert.False(proceeded, "the operation went ahead while the pin was being revoked");
        Assert.Empty(world.Contract.PinsOf());
        PinRevoked revoked = Assert.Single(world.Journal.Of().OfType<PinRevoked>());
        Assert.Equal((pin, false), (revoked.Pin, revoked.Killed));
        world.Contract.Unpin(pin);
        Assert.Empty(world.Journal.Of().OfType<PinReleased>());
    }

    [Fact]
    public async Task Under_lease_kill_the_holder_is_killed_and_the_pin_revoked_as_well()
    {
        World world = new() { PolicyInForce = Policy.LeaseKill };
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();

        world.Clock.Advance(World.Limits.LeaseBreakTime);

        Assert.Equal(LayoutVerdict.Proceed, (await asked).Verdict);
        Assert.Equal([$"kill {pin.Id}", $"revoke {pin.Id}"], world.Holders.Deeds);
        Assert.True(Assert.Single(world.Journal.Of().OfType<PinRevoked>()).Killed);
    }

    [Fact]
    public async Task A_second_operation_neither_tells_the_holder_again_nor_gives_it_more_time()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> first = world.Truncate(0).AsTask();
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        Task<LayoutDecision> second = world.Punch(0, 1).AsTask();
        Assert.Single(world.Holders.Notices);

        world.Clock.Advance(World.Limits.LeaseBreakTime - TimeSpan.FromSeconds(30));

        Assert.Equal(LayoutVerdict.Proceed, (await first).Verdict);
        Assert.Equal(LayoutVerdict.Proceed, (await second).Verdict);
        Assert.Equal([$"revoke {pin.Id}"], world.Holders.Deeds);
    }

    [Fact]
    public async Task Each_pin_has_its_own_time_and_the_operation_waits_for_the_last()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin early = await world.Pin(0, 4096);
        Pin late = await world.Pin(4096, 8192);
        Task<LayoutDecision> small = world.Punch(0, 4096).AsTask();
        world.Clock.Advance(TimeSpan.FromSeconds(20));
        Task<LayoutDecision> large = world.Truncate(0).AsTask();

        world.Clock.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal(LayoutVerdict.Proceed, (await small).Verdict);
        Assert.Equal([$"revoke {early.Id}"], world.Holders.Deeds);
        Assert.False(large.IsCompleted);
        world.Clock.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(LayoutVerdict.Proceed, (await large).Verdict);
        Assert.Equal([$"revoke {early.Id}", $"revoke {late.Id}"], world.Holders.Deeds);
    }

    [Fact]
    public async Task The_deadline_stands_when_the_operation_that_set_it_gave_up()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin pin = await world.Pin(0, 4096);
        using CancellationTokenSource interrupt = new();
        Task<LayoutDecision> first =
            world.Contract.RequestAsync(World.Operation(LayoutOperationKind.Truncate, ByteRange.From(0)), interrupt.Token).AsTask();
        await interrupt.CancelAsync();
        Assert.Equal(LayoutVerdict.Refuse, (await first).Verdict);

        world.Clock.Advance(World.Limits.LeaseBreakTime);
        Assert.Empty(world.Holders.Deeds);
        Task<LayoutDecision> second = world.Truncate(0).AsTask();

        Assert.Equal(LayoutVerdict.Proceed, (await second).Verdict);
        Assert.Equal([$"revoke {pin.Id}"], world.Holders.Deeds);
    }

    [Fact]
    public async Task A_pin_that_is_taken_again_after_it_was_given_back_is_asked_for_anew_with_a_time_of_its_own()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin first = await world.Pin(0, 4096);
        Task<LayoutDecision> cut = world.Truncate(0).AsTask();
        world.Contract.Unpin(first);
        (await cut).Dispose();
        world.Clock.Advance(TimeSpan.FromSeconds(40));

        Pin second = await world.Pin(0, 4096);
        cut = world.Truncate(0).AsTask();

        Assert.Equal([first, second], world.Holders.Notices.Select(n => n.Pin));
        Assert.Equal(TimeSpan.FromSeconds(40), world.Holders.Notices[1].Notice.Deadline - world.Holders.Notices[0].Notice.Deadline);
        world.Clock.Advance(TimeSpan.FromSeconds(44));
        Assert.False(cut.IsCompleted);
        world.Contract.Unpin(second);
        (await cut).Dispose();
        Assert.Empty(world.Journal.Of().OfType<PinRevoked>());
    }

    [Fact]
    public async Task After_the_operation_the_range_can_be_pinned_again_on_the_new_facts()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        await world.Pin(0, 8192);
        Task<LayoutDecision> asked = world.Truncate(4096).AsTask();
        Task<PinDecision> again = world.AskPin(0, 8192).AsTask();
        Task<PinDecision> shorter = world.AskPin(0, 4096).AsTask();
        Assert.True(shorter.IsCompleted, "the operation does not touch the bytes before its range");
        world.Clock.Advance(World.Limits.LeaseBreakTime);

        LayoutDecision decision = await asked;
        world.Facts = new(4096, true);
        decision.Dispose();

        Assert.Equal(14, (await again).Errno);
        Assert.True((await shorter).IsGranted);
    }

    [Fact]
    public async Task Pins_of_several_holders_are_told_and_revoked_each_and_others_are_left_alone()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin[] inTheWay = [await world.Pin(0, 4096), await world.Pin(0, 4096), await world.Pin(2048, 9000)];
        Pin beside = await world.Pin(9000, 9001);
        Task<LayoutDecision> asked = world.Punch(1000, 9000).AsTask();

        world.Clock.Advance(World.Limits.LeaseBreakTime);

        Assert.Equal(LayoutVerdict.Proceed, (await asked).Verdict);
        Assert.Equal(inTheWay.Select(p => p.Id).Order(), world.Holders.Notices.Select(n => n.Pin.Id).Order());
        Assert.Equal(inTheWay.Select(p => $"revoke {p.Id}").Order(), world.Holders.Deeds.Order());
        Assert.Equal([beside], world.Contract.PinsOf());
    }

    [Fact]
    public async Task A_holder_that_fails_fails_every_operation_that_waits_for_it()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        await world.Pin(0, 4096);
        Task<LayoutDecision> first = world.Truncate(0).AsTask();
        Task<LayoutDecision> second = world.Truncate(0).AsTask();
        world.Holders.WhenRevoked = _ => throw new InvalidOperationException("broken holder");

        world.Clock.Advance(World.Limits.LeaseBreakTime);

        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
    }

    [Fact]
    public async Task After_a_holder_failed_the_next_operation_tries_it_again()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> first = world.Truncate(0).AsTask();
        world.Holders.WhenRevoked = _ => throw new InvalidOperationException("broken holder");
        world.Clock.Advance(World.Limits.LeaseBreakTime);
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
        world.Holders.WhenRevoked = _ => { };

        Task<LayoutDecision> second = world.Truncate(0).AsTask();

        Assert.True(second.IsCompleted, "the operation waits for a revocation that nobody makes");
        Assert.Equal(LayoutVerdict.Proceed, (await second).Verdict);
        Assert.Equal([$"revoke {pin.Id}", $"revoke {pin.Id}"], world.Holders.Deeds);
    }

    [Fact]
    public async Task Why_names_a_revoked_pin_as_revoked()
    {
        World world = new() { PolicyInForce = Policy.LeaseRevoke };
        Pin pin = await world.Pin(0, 4096);
        Task<LayoutDecision> asked = world.Truncate(0).AsTask();
        world.Clock.Advance(World.Limits.LeaseBreakTime);
        (await asked).Dispose();

        WhyAnswer why = Why.Explain(World.File, "/vol/data", world.Journal.Of(), world.Contract.PinsOf(), world.Policy.Setting);

        WhyPin known = Assert.Single(why.Pins);
        Assert.Equal((pin.Id, false, true, (DateTimeOffset?)world.Clock.Now), (known.Id, known.IsHeld, known.IsRevoked, known.ReleasedAt));
    }
}
