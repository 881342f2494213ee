namespace DaxEmu.Linux.Memory;

/// <summary>How far an attempt at a long-term pin came.</summary>
/// <param name="Step">The last step made.</param>
/// <param name="Errno">What it failed with; 0 when the pin was granted.</param>
public readonly record struct PinAttempt(PinStep Step, int Errno);
