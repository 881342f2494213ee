namespace DaxEmu.Contract;

/// <summary>A layout operation met a pin and waits for it to go; a <see cref="LayoutDecided"/> of the same operation follows.</summary>
/// <param name="At">When it began to wait, UTC.</param>
/// <param name="Operation">What was asked, and by whom.</param>
/// <param name="Pins">The first <see cref="LayoutDecided.MaxPins"/> of the pins in its range, by first byte.</param>
/// <param name="PinCount">How many pins were in its range.</param>
/// <param name="Policy">The policy it is judged by, and where that was set.</param>
/// <param name="Deadline">When the wait ends at the latest, UTC; null when it has no end.</param>
public sealed record LayoutWaits(
    DateTimeOffset At,
    LayoutOperation Operation,
    IReadOnlyList<Pin> Pins,
    int PinCount,
    PolicySetting Policy,
    DateTimeOffset? Deadline) : ContractEvent(At, Operation.File, Operation.Path);
