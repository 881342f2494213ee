using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class LegacyPolicyTests
{
    private const ulong Page = 4096;

    private readonly World _world = new() { PolicyInForce = Policy.Legacy };

    [Fact]
    public async Task The_operation_proceeds_at_once_the_pin_stays_and_its_holder_keeps_the_pages()
    {
        Pin pin = await _world.Pin(0, 16 * Page);

        using LayoutDecision decision = await _world.Punch(2 * Page, 3 * Page);

        Assert.Equal((LayoutVerdict.Proceed, 0), (decision.Verdict, decision.Errno));
        Assert.Equal([pin], _world.Contract.PinsOf());
        Assert.Equal([new PinnedPages(pin, new(2 * Page, 3 * Page))], Assert.Single(_world.Holders.Detached).Pages);
    }

    [Theory]
    // The operation's range and the pin's, and what of the pin's pages leaves the file.
    [InlineData(0, 16 * Page, 4 * Page, 8 * Page, 4 * Page, 8 * Page)]
    [InlineData(100, (4 * Page) - 1, 0, 8 * Page, Page, 3 * Page)]
    [InlineData((2 * Page) + 1, 3 * Page, 0, 8 * Page, 0, 0)]
    [InlineData(2 * Page, (3 * Page) - 1, 0, 8 * Page, 0, 0)]
    [InlineData((5 * Page) + 100, ulong.MaxValue, 0, 8 * Page, 6 * Page, 8 * Page)]
    [InlineData(5 * Page, ulong.MaxValue, 100, (7 * Page) + 5, 5 * Page, 8 * Page)]
    [InlineData(0, ulong.MaxValue, (2 * Page) + 8, (2 * Page) + 16, 2 * Page, 3 * Page)]
    public async Task Only_pages_that_lie_whole_in_the_range_leave_the_file(
        ulong start, ulong end, ulong pinStart, ulong pinEnd, ulong goneStart, ulong goneEnd)
    {
        Pin pin = await _world.Pin(pinStart, pinEnd);

        using LayoutDecision decision = await _world.Punch(start, end);

        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
        PinnedPages[] expected = goneStart == goneEnd ? [] : [new(pin, new(goneStart, goneEnd))];
        Assert.Equal(expected, _world.Holders.Detached.SelectMany(d => d.Pages));
    }

    [Theory]
    [InlineData(LayoutOperationKind.Truncate, true)]
    [InlineData(LayoutOperationKind.OpenTruncate, true)]
    [InlineData(LayoutOperationKind.PunchHole, true)]
    [InlineData(LayoutOperationKind.ZeroRange, true)]
    [InlineData(LayoutOperationKind.CollapseRange, true)]
    [InlineData(LayoutOperationKind.InsertRange, true)]
    [InlineData(LayoutOperationKind.ReflinkInto, true)]
    [InlineData(LayoutOperationKind.ReflinkFrom, false)]
    [InlineData(LayoutOperationKind.Dedupe, true)]
    [InlineData(LayoutOperationKind.Exchange, true)]
    [InlineData(LayoutOperationKind.DaxFlagChange, false)]
    [InlineData(LayoutOperationKind.Unknown, true)]
    public async Task Each_kind_takes_the_files_pages_or_leaves_them(LayoutOperationKind kind, bool takesPages)
    {
        await _world.Pin(0, Page);

        using LayoutDecision decision = await _world.Ask(kind, new(0, Page));

        Assert.Equal(LayoutVerdict.Proceed, decision.Verdict);
        Assert.Equal(takesPages ? 1 : 0, _world.Holders.Detached.Count);
    }

    [Fact]
    public async Task Every_pin_on_a_page_keeps_it_and_no_other_does()
    {
        Pin one = await _world.Pin(0, 4 * Page);
        Pin two = await _world.Pin(3 * Page, 8 * Page);
        await _world.Pin(8 * Page, 9 * Page);

        using LayoutDecision decision = await _world.Punch(2 * Page, 6 * Page);

        Assert.Equal(
            [new(one, new(2 * Page, 4 * Page)), new(two, new(3 * Page, 6 * Page))],
            Assert.Single(_world.Holders.Detached).Pages);
    }

    [Fact]
    public async Task A_page_that_has_left_the_file_does_not_leave_it_again()
    {
        Pin pin = await _world.Pin(0, 16 * Page);
        (await _world.Punch(4 * Page, 6 * Page)).Dispose();
        (await _world.Punch(8 * Page, 9 * Page)).Dispose();

        (await _world.Truncate(3 * Page)).Dispose();
        (await _world.Truncate(3 * Page)).Dispose();

        Assert.Equal(3, _world.Holders.Detached.Count);
        Assert.Equal(
            [new(pin, new(3 * Page, 4 * Page)), new(pin, new(6 * Page, 8 * Page)), new(pin, new(9 * Page, 16 * Page))],
            _world.Holders.Detached[^1].Pages);
    }

    [Fact]
    public async Task A_pin_granted_after_the_operation_has_the_files_pages_and_loses_them_to_the_next()
    {
        await _world.Pin(0, Page);
        (await _world.Punch(0, Page)).Dispose();
        Pin fresh = await _world.Pin(0, Page);

        (await _world.Punch(0, Page)).Dispose();

        Assert.Equal([new PinnedPages(fresh, new(0, Page))], _world.Holders.Detached[^1].Pages);
    }

    [Fact]
    public async Task Of_an_operation_that_failed_nothing_is_remembered()
    {
        Pin pin = await _world.Pin(0, Page);
        LayoutDecision decision = await _world.Ask(LayoutOperationKind.ZeroRange, new(0, Page));

        decision.Settle(carriedOut: false);
        decision.Dispose();
        (await _world.Punch(0, Page)).Dispose();

        Assert.Equal([false, true], _world.Holders.Outcomes);
        Assert.Equal([new PinnedPages(pin, new(0, Page))], _world.Holders.Detached[^1].Pages);
        Assert.Equal(LayoutOperationKind.PunchHole, Assert.Single(_world.Journal.Of().OfType<PagesOrphaned>()).Cause.Kind);
    }

    [Fact]
    public async Task A_pin_waits_until_the_operation_has_ended_though_its_outcome_is_known()
    {
        await _world.Pin(0, Page);
        LayoutDecision decision = await _world.Punch(0, Page);
        decision.Settle(carriedOut: true);

        ValueTask<PinDecision> asked = _world.AskPin(0, Page);

        Assert.False(asked.IsCompleted);
        decision.Dispose();
        Assert.True((await asked).IsGranted);
        Assert.Equal([true], _world.Holders.Outcomes);
    }

    [Fact]
    public async Task A_holder_that_cannot_keep_the_pages_fails_the_operation()
    {
        Pin pin = await _world.Pin(0, Page);
        _world.Holders.WhenDetached = () => new PageDetachment(12, "There is no memory for them.");

        LayoutDecision decision = await _world.Punch(0, Page);

        Assert.Equal((LayoutVerdict.Refuse, 12), (decision.Verdict, decision.Errno));
        Assert.StartsWith("There is no memory for them.", decision.Reason, StringComparison.Ordinal);
        Assert.Equal(LayoutVerdict.Refuse, Assert.Single(_world.Journal.Of().OfType<LayoutDecided>()).Verdict);
        Assert.True((await _world.AskPin(0, Page)).IsGranted);
        Assert.Empty(_world.Journal.Of().OfType<PagesOrphaned>());
        Assert.Contains(pin, _world.Contract.PinsOf());
    }

    [Fact]
    public async Task Pages_that_a_region_had_lost_before_are_not_reported_as_kept()
    {
        Pin pin = await _world.Pin(0, 4 * Page);
        _world.Holders.WhenDetached = () => new PageDetachment(_world.Holders.Outcomes.Add, [new PinnedPages(pin, new(Page, 2 * Page))]);

        (await _world.Truncate(Page)).Dispose();

        Assert.Equal(new ByteRange(Page, 2 * Page), Assert.Single(_world.Journal.Of().OfType<PagesOrphaned>()).Range);

        // They may be there again, and leave again.
        (await _world.Punch(0, 4 * Page)).Dispose();
        Assert.Equal([new(0, Page), new(2 * Page, 4 * Page)], _world.Holders.Detached[^1].Pages.Select(p => p.Range));
    }

    [Fact]
    public async Task A_holder_that_throws_leaves_nothing_in_flight()
    {
        await _world.Pin(0, Page);
        _world.Holders.WhenDetached = () => throw new InvalidOperationException("out of order");

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _world.Punch(0, Page));

        Assert.True((await _world.AskPin(0, Page)).IsGranted);
    }

    [Fact]
    public async Task A_use_of_an_orphan_is_told_with_each_operation_that_took_a_part_of_it()
    {
        Pin pin = await _world.Pin(100, 8 * Page);
        (await _world.Punch(0, 2 * Page)).Dispose();
        (await _world.Truncate(Page)).Dispose();

        _world.Contract.ReportDivergence(pin, new(0, 4 * Page), PinAccess.Write);

        Assert.Equal(
            [
                (new ByteRange(100, 2 * Page), LayoutOperationKind.PunchHole, PinAccess.Write),
                (new ByteRange(2 * Page, 4 * Page), LayoutOperationKind.Truncate, PinAccess.Write),
            ],
            _world.Journal.Of().OfType<Divergence>().Select(d => (d.Range, d.Cause.Kind, d.Access)));
    }

    [Fact]
    public async Task A_pin_that_was_given_back_has_no_orphans_any_more()
    {
        Pin pin = await _world.Pin(0, 8 * Page);
        LayoutDecision late = await _world.Punch(Page, 2 * Page);
        (await _world.Punch(0, Page)).Dispose();

        _world.Contract.Unpin(pin);
        late.Dispose();
        _world.Contract.ReportDivergence(pin, new(0, 8 * Page), PinAccess.Read);

        Assert.Empty(_world.Journal.Of().OfType<Divergence>());
        Assert.Equal(new ByteRange(0, Page), Assert.Single(_world.Journal.Of().OfType<PagesOrphaned>()).Range);
        Assert.Equal(0, _world.Contract.FileCount);
    }

    [Fact]
    public async Task Another_policy_protects_the_whole_pin_whatever_has_left_the_file_before()
    {
        await _world.Pin(0, 8 * Page);
        (await _world.Punch(0, 8 * Page)).Dispose();

        _world.PolicyInForce = Policy.Deny;

        Assert.Equal(LayoutVerdict.Refuse, (await _world.Punch(0, Page)).Verdict);
    }

    [Fact]
    public async Task Why_names_the_use_the_pages_and_who_took_them()
    {
        Pin pin = await _world.Pin(0, 8 * Page);
        (await _world.Punch(0, Page)).Dispose();
        for (ulong i = 0; i < WhyAnswer.MaxDivergences + 3; i++)
        {
            _world.Contract.ReportDivergence(pin, new(0, Page), PinAccess.Read);
        }

        WhyAnswer why = Why.Explain(
            World.File, "/vol/data", _world.Journal.Of(), _world.Contract.PinsOf(), new(Policy.Legacy, PolicyScope.File, "/vol/data"));

        Assert.Equal(WhyAnswer.MaxDivergences + 3, why.DivergenceCount);
        Assert.Equal(WhyAnswer.MaxDivergences, why.Divergences.Count);
        WhyDivergence last = why.Divergences[^1];
        Assert.Equal(
            (pin.Id, "rkey 0x1a03", new ByteRange(0, Page), World.Coreutils),
            (last.PinId, last.Region, last.Range, last.Cause.Requester));
        Assert.Contains(why.Advice, a => a.StartsWith("Register the range again", StringComparison.Ordinal));
        Assert.Contains(why.Advice, a => a.Contains("instead of parting the device from the file", StringComparison.Ordinal));
    }
}
