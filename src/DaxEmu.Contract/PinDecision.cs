namespace DaxEmu.Contract;

/// <summary>The answer to a <see cref="PinRequest"/>.</summary>
/// <param name="Pin">The pin, or null when it was refused.</param>
/// <param name="Errno">0, or the errno that the kernel's own refusal would carry (a value of errno(3)).</param>
/// <param name="Reason">Empty, or a sentence that says why it was refused and what would make it work.</param>
public sealed record PinDecision(Pin? Pin, int Errno, string Reason)
{
    /// <summary>True when the pin was granted.</summary>
    public bool IsGranted => Pin is not null;
}
