namespace DaxEmu.Contract;

/// <summary>A layout operation that met a pin, as its last event tells it.</summary>
/// <param name="At">When it was judged, or began to wait.</param>
/// <param name="Operation">What was asked.</param>
/// <param name="Pins">Some of the pins it met.</param>
/// <param name="PinCount">How many it met.</param>
/// <param name="Policy">The policy it is judged by.</param>
/// <param name="Verdict">What the guard was told to do; null while it waits.</param>
/// <param name="Errno">0, or the errno of a refusal.</param>
/// <param name="WaitsUntil">When its wait ends at the latest.</param>
/// <param name="IsAvoidable">Its caller copies the bytes instead.</param>
internal sealed record JudgedOperation(
    DateTimeOffset At,
    LayoutOperation Operation,
    IReadOnlyList<Pin> Pins,
    int PinCount,
    PolicySetting Policy,
    LayoutVerdict? Verdict,
    int Errno,
    DateTimeOffset? WaitsUntil,
    bool IsAvoidable = false);
