namespace DaxEmu.Contract;

/// <summary>
/// The device used pages that are no longer the file's (<see cref="Policy.Legacy"/>): it read bytes that the file does not have, or wrote
/// bytes that the file will never have. Told once for each page and direction.
/// </summary>
/// <param name="At">When it was noticed, UTC.</param>
/// <param name="Pin">The pin of its region.</param>
/// <param name="Range">The bytes of the file that these pages held, as far as they are pinned.</param>
/// <param name="Access"><see cref="PinAccess.Read"/> or <see cref="PinAccess.Write"/>.</param>
/// <param name="Cause">The operation that took the pages from the file.</param>
public sealed record Divergence(DateTimeOffset At, Pin Pin, ByteRange Range, PinAccess Access, LayoutOperation Cause)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
