namespace DaxEmu.Contract.Tests.Matrix;

/// <summary>How an operation lies to the pins of a file.</summary>
/// <param name="Name">In words, as docs/contract.md has it.</param>
/// <param name="Pins">The pins, in the order in which they are granted.</param>
/// <param name="Offset">The operation's offset; a truncate's new length.</param>
/// <param name="Length">Its length, where it has one.</param>
/// <param name="Meets">Which pins share a byte with it, by their place in <paramref name="Pins"/>; those that yield too.</param>
internal sealed record Overlap(string Name, IReadOnlyList<PinnedBytes> Pins, ulong Offset, ulong Length, params IReadOnlyList<int> Meets)
{
    /// <summary>Bytes of the file; its last page is in the file in part.</summary>
    internal const ulong FileSize = (4 * Page) + 2148;

    internal const ulong Page = 4096;

    /// <summary>Those of the pins it meets that stand in its way.</summary>
    internal IEnumerable<int> InTheWay => Meets.Where(pin => !Pins[pin].Yields);

    private static readonly PinnedBytes[] OnePin = [new(Page, 3 * Page)];
    private static readonly PinnedBytes[] WithinPages = [new(5000, 10_000)];
    private static readonly PinnedBytes[] LastPage = [new(4 * Page, FileSize)];
    private static readonly PinnedBytes[] OneRangeTwice = [new(Page, 2 * Page), new(Page, 2 * Page)];
    private static readonly PinnedBytes[] OneRangeOfTwo = [new(Page, 2 * Page), new(Page, 2 * Page, Process: 2)];
    private static readonly PinnedBytes[] Nested = [new(0, 4 * Page), new(Page, 2 * Page, Process: 2), new(6000, 6001, Process: 3)];

    private static readonly PinnedBytes[] SideBySide =
        [new(0, Page), new(Page, 2 * Page, Process: 2), new(2 * Page, 3 * Page, Process: 3)];

    private static readonly PinnedBytes[] Reader = [new(Page, 3 * Page, Is: PinnedAs.Reader)];
    private static readonly PinnedBytes[] OnDemand = [new(Page, 3 * Page, Is: PinnedAs.OnDemand)];

    private static readonly PinnedBytes[] WriterAndOthers =
        [new(Page, 2 * Page), new(Page, 2 * Page, Process: 2, Is: PinnedAs.Reader), new(0, 4 * Page, Process: 3, Is: PinnedAs.OnDemand)];

    private static readonly PinnedBytes[] OfAnotherFile = [new(0, FileSize, OfAnotherFile: true)];

    /// <summary>The cases for operations of a reach.</summary>
    internal static IReadOnlyList<Overlap> Of(LayoutReach reach) => reach switch
    {
        LayoutReach.Range => Ranges,
        LayoutReach.ToTheEnd => ToTheEnd,
        LayoutReach.WholeFile => WholeFile,
        _ => throw new ArgumentOutOfRangeException(nameof(reach), reach, null),
    };

    /// <summary>True when a page with a byte of the pin lies in the operation's range with all its bytes.</summary>
    internal bool TakesAPageOf(LayoutOperationKind kind, int pin)
    {
        ByteRange range = LayoutReaches.RangeOf(kind, Offset, Length);
        for (ulong page = 0; page <= FileSize; page += Page)
        {
            bool isPinned = Pins[pin].Start < page + Page && Pins[pin].End > page;
            if (isPinned && range.Start <= page && range.End >= page + Page)
            {
                return true;
            }
        }

        return false;
    }

    private static IReadOnlyList<Overlap> Ranges { get; } =
    [
        new("no pin", [], Page, Page),
        new("pin of another file", OfAnotherFile, 0, FileSize),
        new("apart", OnePin, 4 * Page, 2148),
        new("touching: ends where the pin begins", OnePin, 0, Page),
        new("touching: begins where the pin ends", OnePin, 3 * Page, Page),
        new("of no length, inside the pin", OnePin, 6000, 0),
        new("inside the pin", OnePin, 6000, 1000, 0),
        new("the same range", OnePin, Page, 2 * Page, 0),
        new("covering the pin", OnePin, 0, FileSize, 0),
        new("covering the pin, to the largest offset", OnePin, 0, ulong.MaxValue, 0),
        new("in part, from the left: the pin's first byte", OnePin, 0, Page + 1, 0),
        new("in part, from the right: the pin's last byte", OnePin, (3 * Page) - 1, Page, 0),
        new("page rounding: the rest of the page the pin begins in", WithinPages, Page, 5000 - Page),
        new("page rounding: the rest of the page the pin ends in", WithinPages, 10_000, (3 * Page) - 10_000),
        new("page rounding: the page the pin begins in, whole", WithinPages, Page, Page, 0),
        new("page rounding: the page the pin ends in, whole", WithinPages, 2 * Page, Page, 0),
        new("end of file: the rest of the last page, past the end", LastPage, FileSize, (5 * Page) - FileSize),
        new("end of file: the page behind the last", LastPage, 5 * Page, Page),
        new("end of file: the file's last byte", LastPage, FileSize - 1, 1, 0),
        new("two pins of one process on the range", OneRangeTwice, Page, 1, 0, 1),
        new("pins of two processes on the range", OneRangeOfTwo, Page, 1, 0, 1),
        new("pins of three processes, one within the other, all met", Nested, 6000, 1, 0, 1, 2),
        new("pins of three processes, one within the other, two met", Nested, 6001, 1, 0, 1),
        new("pins of three processes, side by side, two met", SideBySide, Page - 1, 2, 0, 1),
        new("pin of who may only read", Reader, 6000, 1, 0),
        new("pin of who may only read, touching", Reader, 0, Page),
        new("pin on demand", OnDemand, 6000, 1, 0),
        new("pins of a writer, of a reader, and on demand, all met", WriterAndOthers, 6000, 1, 0, 1, 2),
        new("pins of a writer, of a reader, and on demand, one met", WriterAndOthers, 0, 1, 2),
    ];

    private static IReadOnlyList<Overlap> ToTheEnd { get; } =
    [
        new("no pin", [], 0, Page),
        new("pin of another file", OfAnotherFile, 0, Page),
        new("apart: behind the pin", OnePin, 4 * Page, Page),
        new("touching: begins where the pin ends", OnePin, 3 * Page, Page),
        new("inside the pin", OnePin, 6000, Page, 0),
        new("from the pin's first byte on", OnePin, Page, Page, 0),
        new("covering: from before the pin on", OnePin, 0, Page, 0),
        new("in part: the pin's last byte", OnePin, (3 * Page) - 1, Page, 0),
        new("page rounding: within the page the pin ends in, behind the pin", WithinPages, 10_000, Page),
        new("page rounding: within the page the pin begins in, before the pin", WithinPages, 4999, Page, 0),
        new("end of file: at the end, in the last page", LastPage, FileSize, Page),
        new("end of file: behind the end, in the last page", LastPage, FileSize + 1, Page),
        new("end of file: the file's last byte", LastPage, FileSize - 1, Page, 0),
        new("two pins of one process on the range", OneRangeTwice, 6000, Page, 0, 1),
        new("pins of two processes on the range", OneRangeOfTwo, 6000, Page, 0, 1),
        new("pins of three processes, one within the other, all met", Nested, 6000, Page, 0, 1, 2),
        new("pins of three processes, one within the other, two met", Nested, 6001, Page, 0, 1),
        new("pins of three processes, side by side, two met", SideBySide, Page, Page, 1, 2),
        new("pin of who may only read", Reader, 6000, Page, 0),
        new("pin on demand", OnDemand, 6000, Page, 0),
        new("pins of a writer, of a reader, and on demand, all met", WriterAndOthers, 6000, Page, 0, 1, 2),
        new("pins of a writer, of a reader, and on demand, one met", WriterAndOthers, 2 * Page, Page, 2),
    ];

    private static IReadOnlyList<Overlap> WholeFile { get; } =
    [
        new("no pin", [], 0, 0),
        new("pin of another file", OfAnotherFile, 0, 0),
        new("pin on part of the file", OnePin, 0, 0, 0),
        new("pin on the file's last byte", [new(FileSize - 1, FileSize)], 0, 0, 0),
        new("two pins of one process on one range", OneRangeTwice, 0, 0, 0, 1),
        new("pins of two processes on one range", OneRangeOfTwo, 0, 0, 0, 1),
        new("pins of three processes, side by side", SideBySide, 0, 0, 0, 1, 2),
        new("pin of who may only read", Reader, 0, 0, 0),
        new("pin on demand", OnDemand, 0, 0, 0),
        new("pins of a writer, of a reader, and on demand", WriterAndOthers, 0, 0, 0, 1, 2),
    ];
}
