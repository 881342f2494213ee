using DaxEmu.Contract;

namespace DaxEmu.Guards.Watch;

/// <summary>Bytes of a file that lie in one place, one behind the other.</summary>
/// <param name="Range">The bytes.</param>
/// <param name="Place">Where the first of them lies.</param>
internal readonly record struct PlacedBytes(ByteRange Range, BytePlace Place)
{
    /// <summary>Those of them that lie in a range; empty when none does.</summary>
    internal PlacedBytes Within(ByteRange range)
    {
        ByteRange part = Range.IntersectWith(range);
        return new(part, part.IsEmpty ? Place : Place.After(part.Start - Range.Start));
    }
}
