namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>What the kernel said to a long-term pin.</summary>
/// <param name="Mapping">How the file was mapped.</param>
/// <param name="Outcome">The answer.</param>
/// <param name="Error">The errno's name; empty when none.</param>
/// <param name="Meaning">One sentence: what it means, or why it was not asked.</param>
internal sealed record PinAnswer(PinMapping Mapping, PinOutcome Outcome, string Error, string Meaning);
