using DaxEmu.Contract;

namespace Benchmarks;

/// <summary>Lookups in the index of a file that carries 100,000 pins, beside what else a lookup could be.</summary>
internal sealed class PinIndexBenchmark : IBenchmark
{
    private const int Pins = 100_000;
    private const ulong Stride = 8192;
    private const ulong PinLength = 4096;

    // Enough that neither the caches nor the branch predictor know a batch by heart.
    private const int Queries = 16_384;

    // One lookup among 100,000 pins must cost a layout operation nothing that it would notice.
    private const double LookupLimitNs = 1000;

    private readonly Random _random = new(20260101);
    private long _found;

    public string Name => "pin-index";

    public IEnumerable<Measurement> Run()
    {
        Pin[] pins = MakePins();
        PinIndex index = new();
        Dictionary<ulong, Pin> byStart = [];
        foreach (Pin pin in pins)
        {
            index.Add(pin);
            byStart.Add(pin.Request.Range.Start, pin);
        }

        ByteRange[] hits = MakeQueries(0);
        ByteRange[] misses = MakeQueries(PinLength);
        double dictionary = Batches.MedianNs(Queries, () => Count(hits, q => byStart.ContainsKey(q.Start)));
        yield return new("dictionary lookup of a start (cannot see overlaps)", dictionary, 1, null);
        yield return Row("index lookup, overlap", Batches.MedianNs(Queries, () => Count(hits, index.AnyOverlap)), LookupLimitNs);
        yield return Row("index lookup, gap between pins", Batches.MedianNs(Queries, () => Count(misses, index.AnyOverlap)), LookupLimitNs);
        yield return Row("index remove and add", Batches.MedianNs(Queries, () => Replace(index, pins)), null);
        yield return Row("scan of a list, gap", Batches.MedianNs(1, () => Count([misses[0]], q => Scan(pins, q))), null);

        Measurement Row(string what, double ns, double? limit) => new(what, ns, ns / dictionary, limit);
    }

    private Pin[] MakePins()
    {
        Pin[] pins = new Pin[Pins];
        for (int i = 0; i < Pins; i++)
        {
            PinRequest request = new(
                new(1, 1),
                "/vol/data",
                ByteRange.OfLength((ulong)i * Stride, PinLength),
                PinAccess.Read,
                PinKind.LongTerm,
                PinMapping.PageCache,
                new(1, 0, 1, "benchmark"),
                "region");
            pins[i] = new(i, request, default);
        }

        _random.Shuffle(pins);
        return pins;
    }

    private ByteRange[] MakeQueries(ulong offset)
    {
        ByteRange[] queries = new ByteRange[Queries];
        for (int i = 0; i < Queries; i++)
        {
            queries[i] = ByteRange.OfLength(((ulong)_random.Next(Pins) * Stride) + offset, PinLength);
        }

        return queries;
    }

    private void Count(ByteRange[] queries, Func<ByteRange, bool> lookup)
    {
        foreach (ByteRange query in queries)
        {
            _found += lookup(query) ? 1 : 0;
        }
    }

    private static void Replace(PinIndex index, Pin[] pins)
    {
        foreach (Pin pin in pins.AsSpan(0, Queries))
        {
            index.Remove(pin);
            index.Add(pin);
        }
    }

    private static bool Scan(Pin[] pins, ByteRange range)
    {
        foreach (Pin pin in pins)
        {
            if (pin.Request.Range.Overlaps(range))
            {
                return true;
            }
        }

        return false;
    }
}
