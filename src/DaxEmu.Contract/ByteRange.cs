using System.Text.Json.Serialization;

namespace DaxEmu.Contract;

/// <summary>A half-open range of bytes in a file, [<see cref="Start"/>, <see cref="End"/>).</summary>
public readonly record struct ByteRange
{
    /// <summary>Makes a range from its two bounds.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="end">First byte after the range; <see cref="ulong.MaxValue"/> means "to the end, however large the file grows".</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="end"/> lies before <paramref name="start"/>.</exception>
    [JsonConstructor]
    public ByteRange(ulong start, ulong end)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        Start = start;
        End = end;
    }

    /// <summary>First byte.</summary>
    public ulong Start { get; }

    /// <summary>First byte after the range.</summary>
    public ulong End { get; }

    /// <summary>Bytes covered.</summary>
    [JsonIgnore]
    public ulong Length => End - Start;

    /// <summary>True when the range covers no byte.</summary>
    [JsonIgnore]
    public bool IsEmpty => Start == End;

    /// <summary>From a byte to the end of the file, however large it grows: what a truncate to <paramref name="start"/> cuts.</summary>
    public static ByteRange From(ulong start) => new(start, ulong.MaxValue);

    /// <summary>From an offset and a length; a sum past 2^64 - 1 is clamped there.</summary>
    public static ByteRange OfLength(ulong start, ulong length) =>
        new(start, length > ulong.MaxValue - start ? ulong.MaxValue : start + length);

    /// <summary>True when both ranges share at least one byte; so never when one of them is empty.</summary>
    public bool Overlaps(ByteRange other) => Math.Max(Start, other.Start) < Math.Min(End, other.End);

    /// <summary>The bytes in both; empty when they share none.</summary>
    public ByteRange IntersectWith(ByteRange other)
    {
        ulong start = Math.Max(Start, other.Start);
        return new(start, Math.Max(start, Math.Min(End, other.End)));
    }

    /// <summary>For messages: <c>[start, end)</c>, with <c>EOF</c> for an open end.</summary>
    public override string ToString() => End == ulong.MaxValue ? $"[{Start}, EOF)" : $"[{Start}, {End})";
}
