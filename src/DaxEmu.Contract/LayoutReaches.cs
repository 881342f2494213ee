namespace DaxEmu.Contract;

/// <summary>The reach of each kind of layout operation: a guard turns the arguments of a system call into a range by this alone.</summary>
public static class LayoutReaches
{
    /// <summary>How far an operation reaches.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is no kind.</exception>
    public static LayoutReach Of(LayoutOperationKind kind) => kind switch
    {
        // fallocate(2): what lies behind a collapsed or inserted range moves, to the end of the file.
        LayoutOperationKind.Truncate or LayoutOperationKind.CollapseRange or LayoutOperationKind.InsertRange or LayoutOperationKind.Unknown
            => LayoutReach.ToTheEnd,

        LayoutOperationKind.OpenTruncate or LayoutOperationKind.DaxFlagChange => LayoutReach.WholeFile,
        LayoutOperationKind.PunchHole or LayoutOperationKind.ZeroRange or LayoutOperationKind.ReflinkInto or LayoutOperationKind.ReflinkFrom
            or LayoutOperationKind.Dedupe or LayoutOperationKind.Exchange => LayoutReach.Range,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of layout operation"),
    };

    /// <summary>The bytes that an operation changes.</summary>
    /// <param name="kind">What is asked.</param>
    /// <param name="offset">The offset it is asked for; a truncate's new length.</param>
    /// <param name="length">The length it is asked for, where it has one.</param>
    public static ByteRange RangeOf(LayoutOperationKind kind, ulong offset, ulong length) => Of(kind) switch
    {
        LayoutReach.Range => ByteRange.OfLength(offset, length),
        LayoutReach.ToTheEnd => ByteRange.From(offset),
        _ => ByteRange.From(0),
    };

    /// <summary>True when the file may be shorter after it.</summary>
    internal static bool MayShrink(LayoutOperationKind kind) => kind is LayoutOperationKind.Truncate or LayoutOperationKind.OpenTruncate
        or LayoutOperationKind.CollapseRange or LayoutOperationKind.Exchange or LayoutOperationKind.Unknown;
}
