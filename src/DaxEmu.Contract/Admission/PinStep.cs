namespace DaxEmu.Contract;

/// <summary>An answer to a pin request, or what has to be done before it can be given.</summary>
/// <param name="Decision">The answer; null when there is none yet.</param>
/// <param name="Remedy">What has to be done.</param>
/// <param name="Facts">What the file was like.</param>
internal readonly record struct PinStep(PinDecision? Decision, Remedy Remedy, FileFacts Facts);
