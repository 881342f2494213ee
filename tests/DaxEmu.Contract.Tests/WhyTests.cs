using System.Text.Json;
using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class WhyTests
{
    [Fact]
    public async Task A_refusal_is_explained_by_who_asked_which_region_holds_it_and_what_to_do()
    {
        World world = new();
        Pin pin = await world.Pin(0, 8192);
        await world.Pin(50_000, 50_001);
        world.Clock.Now += TimeSpan.FromMinutes(1);
        await world.Ask(LayoutOperationKind.PunchHole, new(4096, 8192));

        WhyAnswer why = Explain(world);

        Assert.Equal(
            (LayoutOperationKind.PunchHole, new ByteRange(4096, 8192), World.Coreutils, "ETXTBSY", world.Clock.Now),
            (why.Operation!.Kind, why.Operation.Range, why.Operation.Requester, why.Operation.ErrnoName, why.Operation.At));
        WhyPin holder = Assert.Single(why.Pins);
        Assert.Equal((pin.Id, "rkey 0x1a03", 1234, 7UL), (holder.Id, holder.Region, holder.Owner.ProcessId, holder.Owner.DeviceFile));
        Assert.Equal((true, pin.Since), (holder.IsHeld, holder.Since));
        Assert.Equal(1, why.PinCount);
        Assert.Equal(
            [
                "Deregister the region rkey 0x1a03: close or end process 1234 (rdma_server).",
                "Or set user.daxemu.policy to ignore on /vol/data: such an operation then reports success and changes nothing while the " +
                "range is pinned.",
            ],
            why.Advice);
    }

    [Fact]
    public async Task Once_the_region_is_gone_the_answer_says_when_and_to_try_again()
    {
        World world = new();
        Pin pin = await world.Pin(0, 8192);
        await world.Truncate(0);
        world.Clock.Now += TimeSpan.FromSeconds(5);
        world.Contract.Unpin(pin);

        WhyAnswer why = Explain(world);

        WhyPin holder = Assert.Single(why.Pins);
        Assert.Equal((false, (DateTimeOffset?)world.Clock.Now), (holder.IsHeld, holder.ReleasedAt));
        Assert.Equal(0, why.PinCount);
        Assert.Equal(["No region holds [0, EOF) of /vol/data any more: try the operation again."], why.Advice);
    }

    [Fact]
    public async Task The_last_operation_is_explained_even_when_others_were_refused_before()
    {
        World world = new();
        await world.Pin(0, 8192);
        await world.Truncate(0);
        await world.Punch(10, 20);

        Assert.Equal(LayoutOperationKind.PunchHole, Explain(world).Operation!.Kind);
    }

    [Fact]
    public async Task A_pretended_operation_is_told_how_to_make_it_fail_instead()
    {
        World world = new();
        world.Policy.Setting = new(Policy.Ignore, PolicyScope.Directory, "/vol (user.daxemu.policy)");
        await world.Pin(0, 8192);
        await world.Truncate(0);

        WhyAnswer why = Explain(world);

        Assert.Equal(LayoutVerdict.Pretend, why.Operation!.Verdict);
        Assert.Equal("", why.Operation.ErrnoName);
        Assert.Contains(why.Advice, a => a.StartsWith("Or set user.daxemu.policy to deny on /vol/data", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_policy_changed_since_and_a_broken_one_are_pointed_out()
    {
        World world = new();
        await world.Pin(0, 8192);
        world.Policy.Setting = new(Policy.Ignore, PolicyScope.Configuration, "Policy");
        await world.Truncate(0);
        world.Policy.Setting = new(Policy.Deny, PolicyScope.File, "/vol/data (user.daxemu.policy)", "\"x\" names no policy.");

        WhyAnswer why = Explain(world);

        Assert.Contains("The policy has changed from ignore to deny since that operation was judged: try it again.", why.Advice);
        Assert.Contains("Correct /vol/data (user.daxemu.policy): \"x\" names no policy.", why.Advice);
    }

    [Fact]
    public async Task Without_an_operation_all_that_is_held_is_listed_up_to_a_bound()
    {
        World world = new();
        for (ulong i = 0; i < 100; i++)
        {
            await world.Pin(i, i + 1);
        }

        WhyAnswer why = Explain(world);

        Assert.Null(why.Operation);
        Assert.Equal((WhyAnswer.MaxPins, 100), (why.Pins.Count, why.PinCount));
        Assert.StartsWith("Deregister 100 regions", why.Advice[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refused_registrations_and_breaches_are_part_of_the_answer()
    {
        World world = new();
        Pin pin = await world.Pin(0, 8192);
        await world.AskPin(0, 1_000_000);
        world.Contract.ReportBreach(pin, new(4096, 8192), "A copy met a page past the end of the file.");

        WhyAnswer why = Explain(world);

        Assert.Equal(("EFAULT", new ByteRange(0, 1_000_000)), (why.RefusedPin!.ErrnoName, why.RefusedPin.Range));
        Assert.Equal((pin.Id, new ByteRange(4096, 8192)), (Assert.Single(why.Breaches).PinId, why.Breaches[0].Range));
        Assert.Contains(why.Advice, a => a.Contains("changed without a guard being asked", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_nobody_touched_needs_no_advice()
    {
        WhyAnswer why = Explain(new());

        Assert.Null(why.Operation);
        Assert.Empty(why.Pins);
        Assert.Empty(why.Advice);
    }

    [Fact]
    public async Task Answer_and_events_survive_a_trip_through_JSON()
    {
        World world = new();
        Pin pin = await world.Pin(0, 8192);
        await world.AskPin(0, 1_000_000);
        await world.Truncate(0);
        world.Contract.ReportBreach(pin, new(4096, 8192), "seen");
        world.Contract.Unpin(pin);

        string answer = JsonSerializer.Serialize(Explain(world));
        string events = JsonSerializer.Serialize(world.Journal.Of());

        Assert.Equal(answer, JsonSerializer.Serialize(JsonSerializer.Deserialize<WhyAnswer>(answer)));
        Assert.Equal(events, JsonSerializer.Serialize(JsonSerializer.Deserialize<List<ContractEvent>>(events)));
        Assert.Contains("\"event\":\"layout-decided\"", events, StringComparison.Ordinal);
        Assert.Contains("\"Range\":{\"Start\":0,\"End\":18446744073709551615}", answer, StringComparison.Ordinal);
    }

    private static WhyAnswer Explain(World world) => Why.Explain(
        World.File, "/vol/data", world.Journal.Of(World.File), world.Contract.PinsOf(World.File), world.Policy.Setting);
}
