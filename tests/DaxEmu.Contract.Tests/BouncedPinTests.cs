using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>Pins of files that are not mapped (Admission:Mapping is bounce).</summary>
public sealed class BouncedPinTests
{
    private readonly World _world = new();

    public BouncedPinTests() => _world.Policy.Rules = new(Mapping: MappingRule.Bounce);

    public static TheoryData<Policy> Policies => [.. Enum.GetValues<Policy>()];

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task It_is_listed_and_stands_in_no_operations_way(Policy policy)
    {
        _world.PolicyInForce = policy;
        Pin pin = (await PinAsync()).Pin!;

        using LayoutDecision cut = await _world.Truncate(0);

        Assert.Equal((LayoutVerdict.Proceed, true), (cut.Verdict, pin.Yields));
        Assert.Equal([pin], _world.Contract.PinsOf(World.File));
        Assert.Single(_world.Journal.Of().OfType<PinInvalidated>());
        Assert.Empty(_world.Holders.Notices);
    }

    [Fact]
    public async Task Copies_are_stopped_from_the_verdict_on_a_cut_to_its_end_and_for_no_other_operation()
    {
        await PinAsync();
        using (await _world.Punch(0, 4096))
        {
            Assert.Equal(0, _world.Holders.Stops);
        }

        LayoutDecision cut = await _world.Truncate(0);
        Assert.Equal(1, _world.Holders.Stops);
        cut.Dispose();
        Assert.Equal(0, _world.Holders.Stops);
        cut.Dispose();
        Assert.Equal(0, _world.Holders.Stops);
    }

    [Fact]
    public async Task A_cut_behind_its_range_or_of_a_file_without_such_a_pin_stops_nothing()
    {
        (await _world.Truncate(0)).Dispose();
        await PinAsync();
        (await _world.Truncate(8192)).Dispose();

        Assert.Empty(_world.Holders.Deeds);
    }

    [Theory]
    [InlineData(PinKind.LongTerm)]
    [InlineData(PinKind.Odp)]
    public async Task It_is_granted_only_when_a_cut_in_flight_has_ended_so_that_every_cut_knows_of_it(PinKind kind)
    {
        LayoutDecision cut = await _world.Truncate(0);
        Task<PinDecision> pin = PinAsync(kind).AsTask();
        Assert.False(pin.IsCompleted);

        cut.Dispose();

        Assert.True((await pin).IsGranted);
    }

    [Fact]
    public async Task What_could_not_be_copied_is_a_failed_access_with_the_operation_that_took_it_or_without()
    {
        Pin pin = (await PinAsync()).Pin!;
        (await _world.Truncate(4096)).Dispose();

        _world.Contract.ReportFailedAccess(pin, new(5000, 8192), isTaken: true, "past the end");
        _world.Contract.ReportFailedAccess(pin, new(0, 8192), isTaken: false, "the disk is full");

        Assert.Equal(
            [("past the end", LayoutOperationKind.Truncate), ("the disk is full", null)],
            _world.Journal.Of().OfType<AccessFailed>().Select(e => (e.Evidence, e.Cause?.Kind)));
        Assert.Empty(_world.Journal.Of().OfType<Breach>());
    }

    private ValueTask<PinDecision> PinAsync(PinKind kind = PinKind.LongTerm) =>
        _world.Contract.PinAsync(World.Wish(0, 8192) with { Kind = kind }, () => _world.Facts, World.Token);
}
