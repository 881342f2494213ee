using CsCheck;
using Xunit;

namespace DaxEmu.Contract.Tests;

/// <summary>The index against a plain list: small offsets, so that identical and touching ranges are common.</summary>
public sealed class PinIndexTests
{
    private static readonly Gen<ByteRange> NonEmpty = Gen.Select(Gen.ULong[0, 40], Gen.ULong[1, 15], ByteRange.OfLength);

    private static readonly Gen<ByteRange> Any = Gen.OneOf(
        Gen.Select(Gen.ULong[0, 60], Gen.ULong[0, 20], ByteRange.OfLength), Gen.ULong[0, 60].Select(ByteRange.From));

    private static readonly Gen<Step[]> Steps =
        Gen.Select(Gen.Int[0, 2], NonEmpty, Gen.Int[0, 1000], Any, (kind, range, which, query) => new Step(kind, range, which, query))
            .Array[0, 200];

    [Fact]
    public void Agrees_with_a_list_after_every_change() => Steps.Sample(steps =>
    {
        PinIndex index = new();
        List<Pin> list = [];
        long id = 0;
        foreach (Step step in steps)
        {
            if (step.Kind > 0 || list.Count == 0)
            {
                Pin pin = new(++id, World.Wish(step.Range.Start, step.Range.End), default);
                index.Add(pin);
                list.Add(pin);
            }
            else
            {
                Pin pin = list[step.Which % list.Count];
                list.Remove(pin);
                Assert.True(index.Remove(pin));
                Assert.False(index.Remove(pin));
            }

            Agree(index, list, step.Query);
        }

        foreach (Pin pin in list.ToArray())
        {
            Assert.True(index.Remove(pin));
            list.Remove(pin);
            Agree(index, list, ByteRange.From(0));
        }
    });

    [Fact]
    public void Identical_ranges_are_kept_apart_by_id()
    {
        PinIndex index = new();
        Pin[] pins = [.. Enumerable.Range(1, 100).Select(i => new Pin(i, World.Wish(10, 20), default))];
        foreach (Pin pin in pins.Reverse())
        {
            index.Add(pin);
        }

        Assert.Equal(pins, index.Overlaps(new(19, 20)));
        Assert.True(index.Remove(pins[41]));
        Assert.Equal(pins.Where(p => p.Id != 42), index.Overlaps(new(10, 11)));
    }

    [Theory]
    [InlineData("ascending")]
    [InlineData("descending")]
    [InlineData("shuffled")]
    public void Stays_as_shallow_as_an_AVL_tree_must_in_any_order_of_insertion(string order)
    {
        const int Count = 10_000;
        long[] ids = [.. Enumerable.Range(1, Count).Select(i => (long)i)];
        if (order == "descending")
        {
            Array.Reverse(ids);
        }
        else if (order == "shuffled")
        {
            new Random(1).Shuffle(ids);
        }

        PinIndex index = new();
        foreach (long id in ids)
        {
            index.Add(new(id, World.Wish((ulong)id * 10, ((ulong)id * 10) + 5), default));
        }

        Assert.Equal(Count, index.Count);
        Assert.InRange(index.Height, 1, (int)(1.4405 * Math.Log2(Count + 2)));
        foreach (long id in ids.Where(i => i % 10 != 0))
        {
            index.Remove(new(id, World.Wish((ulong)id * 10, ((ulong)id * 10) + 5), default));
        }

        Assert.InRange(index.Height, 1, (int)(1.4405 * Math.Log2((Count / 10) + 2)));
    }

    private static void Agree(PinIndex index, List<Pin> list, ByteRange query)
    {
        Pin[] expected = [.. list.Where(p => p.Request.Range.Overlaps(query)).OrderBy(p => p.Request.Range.Start).ThenBy(p => p.Id)];
        Assert.Equal(list.Count, index.Count);
        Assert.Equal(expected.Length > 0, index.AnyOverlap(query));
        Assert.Equal(expected, index.Overlaps(query));
    }

    private sealed record Step(int Kind, ByteRange Range, int Which, ByteRange Query);
}
