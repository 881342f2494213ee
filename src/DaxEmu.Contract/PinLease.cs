namespace DaxEmu.Contract;

/// <summary>The lease on a pin is being broken. Guarded by the gate of the file.</summary>
/// <param name="pin">The pin.</param>
/// <param name="deadline">When its holder's time is over.</param>
internal sealed class PinLease(Pin pin, DateTimeOffset deadline)
{
    /// <summary>The pin.</summary>
    internal Pin Pin { get; } = pin;

    /// <summary>When its holder's time is over: set by the first operation that asked, whatever asks later.</summary>
    internal DateTimeOffset Deadline { get; } = deadline;

    /// <summary>Somebody is revoking it now.</summary>
    internal bool IsExpiring { get; set; }
}
