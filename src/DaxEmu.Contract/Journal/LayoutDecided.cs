namespace DaxEmu.Contract;

/// <summary>A layout operation met a pin and was judged by the file's policy.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Operation">What was asked, and by whom.</param>
/// <param name="Pins">The first <see cref="MaxPins"/> of the pins in its range, by first byte.</param>
/// <param name="PinCount">How many pins were in its range.</param>
/// <param name="Policy">The policy it was judged by, and where that was set.</param>
/// <param name="Verdict">What the guard was told to do.</param>
/// <param name="Errno">0, or the errno of a refusal.</param>
public sealed record LayoutDecided(
    DateTimeOffset At,
    LayoutOperation Operation,
    IReadOnlyList<Pin> Pins,
    int PinCount,
    PolicySetting Policy,
    LayoutVerdict Verdict,
    int Errno) : ContractEvent(At, Operation.File, Operation.Path)
{
    /// <summary>How many pins an event names: enough to act on, and an event stays small whatever a file carries.</summary>
    public const int MaxPins = 8;

    /// <summary>It was refused whatever the policy, since its caller copies the bytes instead (<see cref="IFileContract.Forbid"/>).</summary>
    public bool IsAvoidable { get; init; }
}
