namespace DaxEmu.Contract;

/// <summary>A pin was given back.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Pin">The pin.</param>
public sealed record PinReleased(DateTimeOffset At, Pin Pin) : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
