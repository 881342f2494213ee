namespace DaxEmu.Contract;

/// <summary>A pin was granted.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Pin">The pin.</param>
public sealed record PinGranted(DateTimeOffset At, Pin Pin) : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
