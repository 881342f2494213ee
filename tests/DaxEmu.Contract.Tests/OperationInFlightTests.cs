using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class OperationInFlightTests
{
    private const int EFAULT = 14;
    private const int EINTR = 4;

    [Fact]
    public async Task A_pin_waits_for_the_operation_on_its_range_to_end()
    {
        World world = new();
        LayoutDecision operation = await world.Punch(0, 4096);

        ValueTask<PinDecision> pin = world.AskPin(4000, 5000);

        Assert.False(pin.IsCompleted);
        Assert.False(world.Contract.IsPinned(World.File, ByteRange.From(0)));
        operation.Dispose();
        Assert.True(world.Contract.IsPinned(World.File, ByteRange.From(0)));
        Assert.True((await pin).IsGranted);
    }

    [Fact]
    public async Task A_pin_beside_the_operation_is_granted_at_once()
    {
        World world = new();
        using LayoutDecision operation = await world.Punch(0, 4096);

        ValueTask<PinDecision> pin = world.AskPin(4096, 8192);

        Assert.True(pin.IsCompletedSuccessfully);
        Assert.True((await pin).IsGranted);
    }

    [Fact]
    public async Task A_pin_that_waited_for_a_truncate_sees_the_new_size()
    {
        World world = new();
        LayoutDecision operation = await world.Truncate(4096);
        ValueTask<PinDecision> cut = world.AskPin(0, 8192);
        ValueTask<PinDecision> kept = world.AskPin(0, 4096);

        world.Facts = new(4096, true);
        operation.Dispose();

        Assert.Equal(EFAULT, (await cut).Errno);
        Assert.True((await kept).IsGranted);
    }

    [Fact]
    public async Task A_pin_waits_for_all_the_operations_on_its_range()
    {
        World world = new();
        LayoutDecision first = await world.Truncate(0);
        LayoutDecision second = await world.Truncate(0);
        ValueTask<PinDecision> pin = world.AskPin(0, 1);

        first.Dispose();
        Assert.False(world.Contract.IsPinned(World.File, ByteRange.From(0)));
        second.Dispose();

        Assert.True((await pin).IsGranted);
    }

    [Fact]
    public async Task Ending_an_operation_twice_ends_no_other()
    {
        World world = new();
        LayoutDecision first = await world.Truncate(0);
        LayoutDecision second = await world.Truncate(0);
        ValueTask<PinDecision> pin = world.AskPin(0, 1);

        first.Dispose();
        first.Dispose();

        Assert.False(pin.IsCompleted);
        second.Dispose();
        Assert.True((await pin).IsGranted);
    }

    [Fact]
    public async Task Waiting_pins_are_decided_in_the_order_they_came()
    {
        World world = new();
        LayoutDecision operation = await world.Truncate(0);
        ValueTask<PinDecision>[] waiting = [.. Enumerable.Range(0, 10).Select(i => world.AskPin((ulong)i, 20))];

        operation.Dispose();

        long[] ids = await Task.WhenAll(waiting.Select(async w => (await w).Pin!.Id));
        Assert.Equal(ids.Order(), ids);
    }

    [Fact]
    public async Task An_operation_asked_after_a_waiting_pin_was_granted_sees_it()
    {
        World world = new();
        LayoutDecision first = await world.Truncate(0);
        ValueTask<PinDecision> pin = world.AskPin(0, 4096);
        first.Dispose();

        using LayoutDecision second = await world.Truncate(0);

        Assert.Equal(LayoutVerdict.Refuse, second.Verdict);
        Assert.True((await pin).IsGranted);
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_is_a_refusal_with_EINTR_and_holds_nothing()
    {
        World world = new();
        LayoutDecision operation = await world.Truncate(0);
        using CancellationTokenSource source = new();
        ValueTask<PinDecision> given = world.AskPin(0, 1, source.Token);
        ValueTask<PinDecision> other = world.AskPin(0, 1);

        await source.CancelAsync();

        Assert.Equal(EINTR, (await given).Errno);
        operation.Dispose();
        Assert.Equal([(await other).Pin!], world.Contract.PinsOf());
    }

    [Fact]
    public async Task A_cancelled_caller_that_need_not_wait_is_decided()
    {
        PinDecision decision = await new World().AskPin(0, 1, new CancellationToken(canceled: true));

        Assert.True(decision.IsGranted);
    }

    [Fact]
    public async Task A_cancelled_caller_that_would_have_to_wait_does_not()
    {
        World world = new();
        using LayoutDecision operation = await world.Truncate(0);

        PinDecision decision = await world.AskPin(0, 1, new CancellationToken(canceled: true));

        Assert.Equal(EINTR, decision.Errno);
    }

    [Theory]
    [InlineData(Policy.Deny)]
    [InlineData(Policy.Ignore)]
    public async Task An_operation_that_does_not_proceed_holds_up_no_pin(Policy policy)
    {
        World world = new();
        world.Policy.Setting = new(policy, PolicyScope.Volume, "Volumes:0:Policy");
        await world.Pin(0, 4096);
        using LayoutDecision refused = await world.Truncate(0);

        Assert.True(world.AskPin(0, 4096).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_pin_on_demand_waits_for_nothing()
    {
        World world = new() { PolicyInForce = Policy.Wait };
        await world.Pin(0, 4096);
        Task<LayoutDecision> waiting = world.Truncate(0).AsTask();

        ValueTask<PinDecision> asked = world.Contract.PinAsync(
            World.Wish(0, 4096) with { Kind = PinKind.Odp }, () => world.Facts, World.Token);

        Assert.True(asked.IsCompleted);
        Assert.True((await asked).IsGranted);
        Assert.False(waiting.IsCompleted);
    }
}
