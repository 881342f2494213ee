using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>What the admission rules refuse, and what they have done to the file first.</summary>
public sealed class AdmissionRulesTests
{
    public static TheoryData<int> Refused => [.. Enumerable.Range(0, AdmissionCase.Refused.Count)];

    public static TheoryData<int> Granted => [.. Enumerable.Range(0, AdmissionCase.Granted.Count)];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_pin_is_refused_with_an_errno_and_a_sentence_that_says_what_would_help(int which)
    {
        AdmissionCase one = AdmissionCase.Refused[which];

        (PinDecision decision, IReadOnlyList<string> deeds) = await one.Ask();

        Assert.Equal((one.Name, one.Errno), (one.Name, Errno.NameOf(decision.Errno)));
        Assert.EndsWith(".", decision.Reason, StringComparison.Ordinal);
        Assert.Equal(one.Deeds, deeds);
    }

    [Theory]
    [MemberData(nameof(Granted))]
    public async Task A_pin_that_the_rules_allow_is_granted_once_the_file_is_fit(int which)
    {
        AdmissionCase one = AdmissionCase.Granted[which];

        (PinDecision decision, IReadOnlyList<string> deeds) = await one.Ask();

        Assert.True(decision.IsGranted, $"{one.Name}, {one.Rule}: {decision.Reason}");
        Assert.Equal(one.Deeds, deeds);
    }

    [Fact]
    public async Task Blocks_that_are_punched_while_the_pin_waits_are_allocated_after_the_punch()
    {
        World world = new();
        world.Policy.Rules = new(Holes: HoleRule.Allocate);
        FakeLayout layout = new();
        LayoutDecision punch = await world.Punch(0, 8192);
        Task<PinDecision> pin = world.Contract.PinAsync(
            World.Wish(0, 8192), () => world.Facts with { Layout = layout }, World.Token).AsTask();

        layout.Layout = layout.Layout with { Hole = new(0, 8192) };
        Assert.Empty(layout.Deeds);
        punch.Dispose();

        Assert.True((await pin).IsGranted);
        Assert.Equal(["allocate [0, 8192)"], layout.Deeds);
    }

    [Fact]
    public async Task A_punch_between_allocating_and_granting_is_seen()
    {
        World world = new();
        world.Policy.Rules = new(Holes: HoleRule.Allocate);
        FileLayout whole = new FakeLayout().Layout;
        FakeLayout layout = new() { Layout = whole with { Hole = new(0, 1) } };
        int punches = 0;
        layout.WhenDone = () =>
        {
            // Not held up by the pin that is asked for: it is not granted yet.
            using LayoutDecision punch = world.Punch(0, 8192).AsTask().GetAwaiter().GetResult();
            Assert.Equal(LayoutVerdict.Proceed, punch.Verdict);
            layout.IsUndone = ++punches < 3;
        };

        PinDecision decision = await world.Contract.PinAsync(
            World.Wish(0, 8192), () => world.Facts with { Layout = layout }, World.Token);

        Assert.True(decision.IsGranted);
        Assert.Equal(3, layout.Deeds.Count);
    }

    [Theory]
    [InlineData(ReaderRule.Yield, LayoutVerdict.Proceed)]
    [InlineData(ReaderRule.Hold, LayoutVerdict.Refuse)]
    public async Task Whether_a_reader_stands_in_the_way_of_a_truncate_is_a_rule(ReaderRule rule, LayoutVerdict verdict)
    {
        World world = new() { Facts = new(8192, OpenForWriting: false) };
        world.Policy.Rules = new(Readers: rule);
        PinDecision reader = await world.Contract.PinAsync(World.Wish(0, 8192, PinAccess.Read), () => world.Facts, World.Token);

        using LayoutDecision decision = await world.Truncate(0);

        Assert.Equal(verdict, decision.Verdict);
        Assert.Equal(verdict == LayoutVerdict.Proceed, reader.Pin!.Yields);
        Assert.Equal(verdict == LayoutVerdict.Proceed ? 1 : 0, world.Journal.Of().OfType<PinInvalidated>().Count());
    }

    [Fact]
    public async Task A_fault_on_what_a_pin_that_yields_has_lost_is_no_breach()
    {
        World world = new() { Facts = new(8192, OpenForWriting: false) };
        Pin reader = (await world.Contract.PinAsync(World.Wish(0, 8192, PinAccess.Read), () => world.Facts, World.Token)).Pin!;
        (await world.Truncate(4096)).Dispose();

        world.Contract.ReportBreach(reader, new(5000, 5001), "a page is gone");
        world.Contract.ReportBreach(reader, new(0, 1), "a page is gone");

        Assert.Equal(new ByteRange(5000, 5001), Assert.Single(world.Journal.Of().OfType<AccessFailed>()).Range);
        Assert.Equal(new ByteRange(0, 1), Assert.Single(world.Journal.Of().OfType<Breach>()).Range);
        world.Contract.Unpin(reader);
        Assert.Equal(0, world.Contract.FileCount);
    }

    [Fact]
    public async Task A_pin_on_demand_is_promised_nothing_so_nothing_is_a_breach()
    {
        World world = new();
        Pin pin = (await world.Contract.PinAsync(
            World.Wish(0, 1 << 20) with { Kind = PinKind.Odp }, () => world.Facts, World.Token)).Pin!;

        world.Contract.ReportBreach(pin, new(100_000, 100_001), "a page is gone");

        Assert.Empty(world.Journal.Of().OfType<Breach>());
        Assert.False(world.Contract.IsPinned(World.File, ByteRange.From(0)));
        Assert.Equal([pin], world.Contract.PinsOf(World.File));
    }
}
