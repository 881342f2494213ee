namespace DaxEmu.Nic;

/// <summary>A refusal.</summary>
/// <param name="Errno">A value of errno(3), as the kernel's own driver would answer.</param>
/// <param name="Reason">Why, as a sentence that names what was wrong.</param>
public readonly record struct NicError(int Errno, string Reason);
