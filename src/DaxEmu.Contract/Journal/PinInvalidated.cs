namespace DaxEmu.Contract;

/// <summary>Bytes under a pin left the file with the contract's consent (<see cref="Policy.Odp"/>): the device sees what the file has there now.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Pin">The pin.</param>
/// <param name="Range">The bytes of the pin's range that left the file or were replaced.</param>
/// <param name="Cause">The operation.</param>
public sealed record PinInvalidated(DateTimeOffset At, Pin Pin, ByteRange Range, LayoutOperation Cause)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
