namespace DaxEmu.Contract;

/// <summary>The bytes under a pin changed without the contract having been asked.</summary>
/// <param name="At">When it was noticed, UTC.</param>
/// <param name="Pin">The pin.</param>
/// <param name="Range">The bytes of the file that could not be reached, or from the first to the last of <see cref="Changes"/>.</param>
/// <param name="Evidence">What was seen, as a sentence.</param>
public sealed record Breach(DateTimeOffset At, Pin Pin, ByteRange Range, string Evidence)
    : ContractEvent(At, Pin.Request.File, Pin.Request.Path)
{
    /// <summary>What changed, as far as a look at the file showed it; empty when a work request met it first.</summary>
    public IReadOnlyList<LayoutChange> Changes { get; init; } = [];

    /// <summary>The policy that said what becomes of the region; null when a work request met the change, which failed.</summary>
    public PolicySetting? Policy { get; init; }

    /// <summary>What becomes of the region.</summary>
    public BreachFate Fate { get; init; }
}
