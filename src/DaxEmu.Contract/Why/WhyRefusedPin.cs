namespace DaxEmu.Contract;

/// <summary>A registration that was refused.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Range">The bytes it asked for.</param>
/// <param name="Owner">Who asked.</param>
/// <param name="Errno">The errno it was refused with.</param>
/// <param name="ErrnoName">That errno's name.</param>
/// <param name="Reason">Why, and what would make it work.</param>
public sealed record WhyRefusedPin(
    DateTimeOffset At, ByteRange Range, PinOwner Owner, int Errno, string ErrnoName, string Reason);
