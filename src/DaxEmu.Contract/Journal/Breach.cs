namespace DaxEmu.Contract;

/// <summary>The bytes under a pin changed without the contract having been asked.</summary>
/// <param name="At">When it was noticed, UTC.</param>
/// <param name="Pin">The pin.</param>
/// <param name="Range">The bytes of the file that could not be reached.</param>
/// <param name="Evidence">What was seen, as a sentence.</param>
public sealed record Breach(DateTimeOffset At, Pin Pin, ByteRange Range, string Evidence)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
