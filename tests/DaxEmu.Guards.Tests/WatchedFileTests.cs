using DaxEmu.Contract;
using DaxEmu.Guards.Watch;
using Xunit;

namespace DaxEmu.Guards.Tests;

/// <summary>What a look at a file with pins finds, and what it takes for the contract's own.</summary>
public sealed class WatchedFileTests : IDisposable
{
    private const ulong P = Libc.Page;
    private static readonly ByteRange Whole = new(0, 16 * P);
    private static readonly FileMap Data = Map(new(ByteState.Written, 1 << 20));
    private static readonly FileMap Gone = Map(new(ByteState.Hole));
    private static readonly FileMap Cut = Map(new(ByteState.BeyondEnd));

    private readonly ScriptedReader _file = new(Data);
    private readonly HeldPins _held = new();
    private readonly WatchedFile _watched;

    public WatchedFileTests() => _watched = new WatchedFile(new FileIdentity(8, 1), _file, _held);

    [Fact]
    public void Bytes_that_are_gone_are_found_once()
    {
        Pin pin = Watch(Whole);
        _file.Is(Gone);

        BreachFinding found = Assert.Single(_watched.Look());

        Assert.Equal((pin, new LayoutChange(Whole, Data.Runs[0].Place, Gone.Runs[0].Place)), (found.Pin, Assert.Single(found.Changes)));
        Assert.Empty(_watched.Look());
    }

    [Fact]
    public void A_file_that_was_cut_is_found_by_its_size()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, new byte[16 * P]);
            using FileStream open = new(path, FileMode.Open, FileAccess.ReadWrite);
            using WatchedFile watched = new(new FileIdentity(8, 2), new FileMapReader(open.SafeFileHandle), _held);
            Watch(watched, Whole);
            open.SetLength((5 * (long)P) + 7);

            LayoutChange change = Assert.Single(watched.Look()).Changes[^1];

            Assert.Equal((ByteState.BeyondEnd, 16 * P), (change.Is.State, change.Range.End));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Data that gets its block shows as a hole for an instant.</summary>
    [Fact]
    public void What_one_look_shows_and_the_next_does_not_is_no_change()
    {
        Watch(Whole);

        _file.Is(Gone, Data);
        Assert.Empty(_watched.Look());
        _file.Is(Gone, Gone, Data);
        Assert.Empty(_watched.Look());
        _file.Is(Gone, Gone, Gone, Data);
        Assert.Single(_watched.Look());
    }

    [Fact]
    public void What_had_slipped_past_before_an_allowed_operation_is_found_when_it_begins()
    {
        Watch(Whole);
        _file.Is(Gone);

        Assert.Single(_watched.Begin(Whole));
    }

    [Fact]
    public void An_allowed_operation_is_no_breach_while_it_lasts_nor_what_it_leaves_and_the_next_is()
    {
        Watch(Whole);
        ByteRange allowed = new(0, 8 * P);
        Assert.Empty(_watched.Begin(allowed));
        _file.Is(Gone);

        Assert.Equal(new ByteRange(8 * P, 16 * P), Assert.Single(Assert.Single(_watched.Look()).Changes).Range);
        Assert.Empty(_watched.End(allowed));
        Assert.Empty(_watched.Look());
        _file.Is(Cut);
        Assert.Equal(Whole, Assert.Single(Assert.Single(_watched.Look()).Changes).Range);
    }

    [Fact]
    public void What_an_allowed_operation_does_between_its_last_look_and_its_end_is_its_own()
    {
        Watch(Whole);
        _watched.Begin(Whole);
        _file.Is(Gone);

        Assert.Empty(_watched.End(Whole));
        Assert.Empty(_watched.Look());
    }

    [Fact]
    public void A_last_look_is_taken_at_what_is_under_a_pin_that_goes()
    {
        Pin pin = Watch(Whole);
        _file.Is(Gone);

        Assert.Equal(pin, Assert.Single(_watched.Remove(pin)).Pin);
    }

    [Fact]
    public void A_pin_that_was_taken_away_is_looked_at_no_more()
    {
        Pin pin = Watch(Whole);
        _held.Gone.Add(pin);
        _file.Is(Gone);

        Assert.Empty(_watched.Look());
    }

    [Fact]
    public void All_pins_are_looked_at_and_each_is_told_of_its_own_bytes()
    {
        Watch(new(0, 4 * P));
        Watch(new(10 * P, 16 * P));
        _file.Is(Gone);

        Assert.Equal([new ByteRange(0, 4 * P), new(10 * P, 16 * P)], _watched.Look().Select(f => Assert.Single(f.Changes).Range));
    }

    /// <summary>An operation that had passed its check before the file was guarded, and was carried out when the pin had been decided.</summary>
    [Fact]
    public void What_changes_after_a_pin_was_decided_and_before_it_is_watched_is_found()
    {
        Pin other = Watch(Whole);
        PinBaseline baseline = Ask(Whole);
        _file.Is(Gone);
        Pin late = NewPin(Whole);

        Assert.Equal([other, late], _watched.Add(late, baseline).Select(f => f.Pin));
        Assert.Empty(_watched.Look());
    }

    [Fact]
    public void What_the_contract_allows_after_a_pin_was_decided_and_before_it_is_watched_is_no_breach()
    {
        PinBaseline over = Ask(Whole);
        _watched.Begin(Whole);
        _file.Is(Gone);
        _watched.End(Whole);
        Assert.Empty(_watched.Add(NewPin(Whole), over));

        PinBaseline underWay = Ask(Whole);
        _watched.Begin(Whole);
        _file.Is(Cut);
        Assert.Empty(_watched.Add(NewPin(Whole), underWay));
    }

    /// <summary>A breach of before is told to those whose bytes they were.</summary>
    [Fact]
    public void A_pin_is_not_told_of_what_had_changed_before_it_was_decided()
    {
        Pin first = Watch(Whole);
        _file.Is(Gone);
        PinBaseline baseline = Ask(Whole);

        Assert.Equal(first, Assert.Single(_watched.Add(NewPin(Whole), baseline)).Pin);
    }

    public void Dispose() => _watched.Dispose();

    private static FileMap Map(BytePlace place)
    {
        FileMap map = new();
        map.Add(new(Whole, place));
        return map;
    }

    private Pin NewPin(ByteRange range) => new(
        ++_held.Last,
        new(_watched.Identity, "/f", range, PinAccess.Write, PinKind.LongTerm, PinMapping.PageCache, new(1, 0, 1, "test"), "rkey 1"),
        DateTimeOffset.UnixEpoch);

    private PinBaseline Ask(ByteRange range, WatchedFile? file = null)
    {
        PinBaseline baseline = new(file ?? _watched);
        (file ?? _watched).Begin(baseline);
        baseline.Take(range);
        return baseline;
    }

    private Pin Watch(ByteRange range) => Watch(_watched, range);

    private Pin Watch(WatchedFile file, ByteRange range)
    {
        Pin pin = NewPin(range);
        Assert.Empty(file.Add(pin, Ask(range, file)));
        return pin;
    }

    private sealed class HeldPins : IBreachJudge
    {
        internal long Last { get; set; }

        internal List<Pin> Gone { get; } = [];

        public bool IsHeld(Pin pin) => !Gone.Contains(pin);

        public BreachFate ReportBreach(BreachFinding finding) => throw new NotSupportedException();
    }
}
