using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class LayoutVerdictTests
{
    private const int EINTR = 4;
    private const int ETXTBSY = 26;

    public static TheoryData<LayoutOperationKind> Kinds => [.. Enum.GetValues<LayoutOperationKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Any_layout_operation_on_a_pinned_byte_is_refused_with_ETXTBSY_under_deny(LayoutOperationKind kind)
    {
        World world = new();
        await world.Pin(4096, 8192);

        using LayoutDecision decision = await world.Ask(kind, new(8191, 8192));

        Assert.Equal((LayoutVerdict.Refuse, ETXTBSY), (decision.Verdict, decision.Errno));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Any_layout_operation_on_a_pinned_byte_is_pretended_under_ignore(LayoutOperationKind kind)
    {
        World world = new();
        world.Policy.Setting = new(Policy.Ignore, PolicyScope.File, "/vol/data (user.daxemu.policy)");
        await world.Pin(4096, 8192);

        using LayoutDecision decision = await world.Ask(kind, new(0, 4097));

        Assert.Equal((LayoutVerdict.Pretend, 0), (decision.Verdict, decision.Errno));
    }

    [Theory]
    [InlineData(0, 4096)]
    [InlineData(8192, ulong.MaxValue)]
    [InlineData(6000, 6000)]
    public async Task An_operation_that_shares_no_byte_with_a_pin_proceeds_unrecorded(ulong start, ulong end)
    {
        World world = new();
        await world.Pin(4096, 8192);

        using LayoutDecision decision = await world.Punch(start, end);

        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
        Assert.Equal(0, world.Policy.Asked);
        Assert.Empty(world.Journal.Of().OfType<LayoutDecided>());
    }

    [Fact]
    public async Task A_pin_is_to_the_byte_even_within_a_page()
    {
        World world = new();
        await world.Pin(100, 200);

        Assert.Equal(LayoutVerdict.Proceed, (await world.Truncate(200)).Verdict);
        Assert.Equal(LayoutVerdict.Refuse, (await world.Truncate(199)).Verdict);
        Assert.Equal(LayoutVerdict.Proceed, (await world.Punch(0, 100)).Verdict);
        Assert.Equal(LayoutVerdict.Refuse, (await world.Punch(0, 101)).Verdict);
    }

    [Theory]
    [InlineData(Policy.Deny)]
    [InlineData(Policy.Legacy)]
    [InlineData(Policy.Wait)]
    public async Task What_a_caller_does_otherwise_is_refused_where_a_pin_is_whatever_the_policy_and_recorded(Policy policy)
    {
        World world = new() { PolicyInForce = policy };
        Pin pin = await world.Pin(0, 4096);
        LayoutOperation met = World.Operation(LayoutOperationKind.ReflinkInto, new(4095, 8192));

        Assert.False(world.Contract.Forbid(World.Operation(LayoutOperationKind.ReflinkInto, new(4096, 8192)), ETXTBSY));
        Assert.True(world.Contract.Forbid(met, ETXTBSY));

        LayoutDecided recorded = Assert.Single(world.Journal.Of().OfType<LayoutDecided>());
        Assert.Equal((met, LayoutVerdict.Refuse, ETXTBSY, true), (recorded.Operation, recorded.Verdict, recorded.Errno, recorded.IsAvoidable));
        Assert.Equal((policy, pin), (recorded.Policy.Policy, Assert.Single(recorded.Pins)));
        Assert.True(Why.Explain(World.File, "/vol/data", world.Journal.Of(), [pin], recorded.Policy).Operation!.IsAvoidable);
    }

    [Fact]
    public async Task After_the_last_pin_goes_the_same_truncate_proceeds()
    {
        World world = new();
        Pin first = await world.Pin(0, 4096);
        Pin second = await world.Pin(0, 4096);

        world.Contract.Unpin(first);
        Assert.Equal(LayoutVerdict.Refuse, (await world.Truncate(0)).Verdict);
        world.Contract.Unpin(second);
        Assert.Equal(LayoutVerdict.Proceed, (await world.Truncate(0)).Verdict);
    }

    [Fact]
    public async Task A_pin_of_another_file_is_no_obstacle()
    {
        World world = new();
        await world.Pin(0, 4096, World.OtherFile);

        Assert.Equal(LayoutVerdict.Proceed, (await world.Truncate(0)).Verdict);
    }

    [Fact]
    public async Task A_pin_released_while_the_policy_is_read_no_longer_counts()
    {
        World world = new();
        Pin pin = await world.Pin(0, 4096);
        world.Policy.WhenAsked = () => world.Contract.Unpin(pin);

        using LayoutDecision decision = await world.Truncate(0);

        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
    }

    /// <summary>A signal that comes while truncate(2) is at work does not make it fail on any file system.</summary>
    [Fact]
    public async Task An_interrupted_caller_that_need_not_wait_is_decided()
    {
        using LayoutDecision decision = await new World().Contract.RequestAsync(
            World.Operation(LayoutOperationKind.Truncate, ByteRange.From(0)), new CancellationToken(canceled: true));

        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
    }

    [Theory]
    [InlineData(Policy.Wait)]
    [InlineData(Policy.LeaseRevoke)]
    public async Task An_interrupted_caller_that_would_have_to_wait_is_refused_with_EINTR_and_no_holder_is_asked(Policy policy)
    {
        World world = new() { PolicyInForce = policy };
        await world.Pin(0, 4096);

        LayoutDecision decision = await world.Contract.RequestAsync(
            World.Operation(LayoutOperationKind.Truncate, ByteRange.From(0)), new CancellationToken(canceled: true));

        Assert.Equal((LayoutVerdict.Refuse, EINTR), (decision.Verdict, decision.Errno));
        Assert.Empty(world.Holders.Notices);
    }

    [Fact]
    public async Task A_verdict_is_recorded_with_who_asked_the_pins_and_the_policy()
    {
        World world = new();
        for (ulong i = 0; i < 20; i++)
        {
            await world.Pin(i * 100, (i * 100) + 100);
        }

        using LayoutDecision decision = await world.Truncate(150);

        LayoutDecided decided = Assert.Single(world.Journal.Of(World.File).OfType<LayoutDecided>());
        Assert.Equal(World.Coreutils, decided.Operation.Requester);
        Assert.Equal(19, decided.PinCount);
        Assert.Equal(LayoutDecided.MaxPins, decided.Pins.Count);
        Assert.Equal(new ByteRange(100, 200), decided.Pins[0].Request.Range);
        Assert.Equal(world.Policy.Setting, decided.Policy);
        Assert.Equal((LayoutVerdict.Refuse, ETXTBSY), (decided.Verdict, decided.Errno));
        Assert.Equal(
            "[150, EOF) overlaps the pin [100, 200) of rkey 0x1a03, held by process 1234 (rdma_server) and 18 more; " +
            "the policy is deny, set at Policy.",
            decision.Reason);
    }
}
