namespace DaxEmu.Contract;

/// <summary>A no, with what the asker is told.</summary>
/// <param name="Errno">A value of errno(3).</param>
/// <param name="Reason">Why, and what would make it work, as a sentence.</param>
internal readonly record struct Refusal(int Errno, string Reason);
