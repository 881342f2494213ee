namespace DaxEmu.Contract;

/// <summary>A pin was taken away from a holder that did not give it back in time, or whose bytes were gone.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Pin">The pin.</param>
/// <param name="Cause">The operation that it gave way to; null when its bytes had changed already, which a <see cref="Breach"/> tells.</param>
/// <param name="Killed">The holder was killed as well (<see cref="Policy.LeaseKill"/>).</param>
public sealed record PinRevoked(DateTimeOffset At, Pin Pin, LayoutOperation? Cause, bool Killed)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path);
