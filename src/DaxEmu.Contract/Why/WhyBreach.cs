namespace DaxEmu.Contract;

/// <summary>A change of pinned bytes that the contract was not asked about.</summary>
/// <param name="At">When it was noticed, UTC.</param>
/// <param name="PinId">The pin.</param>
/// <param name="Region">Its memory region in the holder's terms.</param>
/// <param name="Owner">Who held it.</param>
/// <param name="Range">The bytes of the file that could not be reached.</param>
/// <param name="Evidence">What was seen, as a sentence.</param>
/// <param name="Fate">What became of the region.</param>
public sealed record WhyBreach(
    DateTimeOffset At, long PinId, string Region, PinOwner Owner, ByteRange Range, string Evidence, BreachFate Fate);
