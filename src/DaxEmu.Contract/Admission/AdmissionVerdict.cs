namespace DaxEmu.Contract;

/// <summary>What admission says to a pin.</summary>
/// <param name="Refusal">A no; null when there is none.</param>
/// <param name="Remedy">What has to be done first; then it is asked again.</param>
/// <param name="Yields">The pin may be granted, and stands in no operation's way.</param>
/// <param name="Bounces">Granted, it is one of <see cref="PinMapping.Bounce"/>.</param>
internal readonly record struct AdmissionVerdict(Refusal? Refusal, Remedy Remedy = Remedy.None, bool Yields = false, bool Bounces = false);
