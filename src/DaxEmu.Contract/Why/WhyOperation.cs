namespace DaxEmu.Contract;

/// <summary>A layout operation that met a pin: who, what, when, and what came of it.</summary>
/// <param name="At">When, UTC.</param>
/// <param name="Kind">What was asked.</param>
/// <param name="Range">The bytes that would have lost or changed their blocks.</param>
/// <param name="Path">The name it was asked by.</param>
/// <param name="Requester">Who asked.</param>
/// <param name="Verdict">What the guard was told to do; null while the operation waits.</param>
/// <param name="WaitsUntil">While it waits: when that ends at the latest, UTC; null otherwise, or when the wait has no end.</param>
/// <param name="Errno">0, or the errno of a refusal.</param>
/// <param name="ErrnoName">That errno's name, such as <c>ETXTBSY</c>; empty for 0.</param>
/// <param name="PinCount">How many pins were in its range then.</param>
/// <param name="Policy">The policy it was judged by, and where that was set.</param>
public sealed record WhyOperation(
    DateTimeOffset At,
    LayoutOperationKind Kind,
    ByteRange Range,
    string Path,
    Requester Requester,
    LayoutVerdict? Verdict,
    DateTimeOffset? WaitsUntil,
    int Errno,
    string ErrnoName,
    int PinCount,
    PolicySetting Policy)
{
    /// <summary>It was refused whatever the policy: its caller copies the bytes instead.</summary>
    public bool IsAvoidable { get; init; }
}
