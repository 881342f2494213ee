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

    /// <summary>The operation that it is being revoked for now; null while its holder still has time.</summary>
    internal BlockedOperation? Taker { get; set; }

    /// <summary>Somebody is revoking it now.</summary>
    internal bool IsExpiring => Taker is not null;

    /// <summary>What is to be told of a pin that goes: one whose time was over was revoked, whoever was the quicker to remove it.</summary>
    internal static ContractEvent EventOf(PinLease? lease, Pin pin, DateTimeOffset now) => lease?.Taker is { } taker
        ? new PinRevoked(now, pin, taker.Operation, taker.Policy.Policy == Policy.LeaseKill)
        : new PinReleased(now, pin);
}
