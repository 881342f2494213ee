namespace DaxEmu.Contract;

/// <summary>A work request met bytes that an operation had taken from the file with the contract's consent (<see cref="Policy.Odp"/>): it failed, as that policy says.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Pin">The pin of its region.</param>
/// <param name="Range">The bytes of the file that could not be reached.</param>
/// <param name="Cause">The operation that took them.</param>
public sealed record AccessFailed(DateTimeOffset At, Pin Pin, ByteRange Range, LayoutOperation Cause)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
