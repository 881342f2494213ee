namespace DaxEmu.Contract;

/// <summary>Pages under a pin left the file, and its region keeps them (<see cref="Policy.Legacy"/>): device and file part there.</summary>
/// <param name="At">When the operation had been carried out, UTC.</param>
/// <param name="Pin">The pin.</param>
/// <param name="Range">The bytes of the pin's range that lie in these pages.</param>
/// <param name="Cause">The operation.</param>
public sealed record PagesOrphaned(DateTimeOffset At, Pin Pin, ByteRange Range, LayoutOperation Cause)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
