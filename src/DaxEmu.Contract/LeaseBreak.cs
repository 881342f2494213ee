namespace DaxEmu.Contract;

/// <summary>Notice to the holder of a pin that a layout operation waits for it.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Policy"><see cref="Policy.LeaseRevoke"/> or <see cref="Policy.LeaseKill"/>: what happens at the deadline.</param>
/// <param name="Deadline">When the lease-break time is over, UTC.</param>
public sealed record LeaseBreak(LayoutOperation Operation, Policy Policy, DateTimeOffset Deadline);
