namespace DaxEmu.Contract;

/// <summary>A pin was refused.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Request">What was asked.</param>
/// <param name="Errno">The errno it was refused with.</param>
/// <param name="Reason">Why, and what would make it work.</param>
public sealed record PinRefused(DateTimeOffset At, PinRequest Request, int Errno, string Reason)
    : ContractEvent(At, Request.File, Request.Path);
