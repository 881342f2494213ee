namespace DaxEmu.Contract;

/// <summary>
/// A work request failed on bytes of a file that nobody had promised: those that an operation had taken with the contract's consent
/// (<see cref="Policy.Odp"/>), or that could not be copied (<see cref="PinMapping.Bounce"/>).
/// </summary>
/// <param name="At">When, UTC.</param>
/// <param name="Pin">The pin of its region.</param>
/// <param name="Range">The bytes of the file that could not be reached.</param>
/// <param name="Cause">The operation that took them; null when none is known.</param>
/// <param name="Evidence">Why they could not be copied, as a sentence; empty where the cause says all.</param>
public sealed record AccessFailed(DateTimeOffset At, Pin Pin, ByteRange Range, LayoutOperation? Cause, string Evidence = "")
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
