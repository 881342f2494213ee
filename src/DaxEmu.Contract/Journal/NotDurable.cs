namespace DaxEmu.Contract;

/// <summary>
/// A program made a file durable, and what a device had written to it was not included, or would not have been on a real kernel
/// (<see cref="Policy.Legacy"/>): its pages were clean, and a device does not mark them as changed before its region is deregistered.
/// </summary>
/// <param name="At">When the program asked, UTC.</param>
/// <param name="Pin">The pin of the region that was written through.</param>
/// <param name="Ranges">The pages, as far as they are pinned: the first <see cref="MaxRanges"/>, by first byte.</param>
/// <param name="Bytes">The bytes of all of them.</param>
/// <param name="Requester">Who asked.</param>
public sealed record NotDurable(DateTimeOffset At, Pin Pin, IReadOnlyList<ByteRange> Ranges, ulong Bytes, Requester Requester)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path)
{
    /// <summary>How many ranges an event names.</summary>
    public const int MaxRanges = 16;

    /// <summary>True when the guard did as a real kernel does: the disk does not have the bytes.</summary>
    public bool IsHeldBack { get; init; }
}
