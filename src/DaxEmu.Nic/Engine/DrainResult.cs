namespace DaxEmu.Nic;

/// <summary>The outcome of a <see cref="NicEngine.Drain"/>.</summary>
/// <param name="Status">What the queue pair needs next.</param>
/// <param name="WakeAt">
/// With <see cref="DrainStatus.Blocked"/>: when to drain it again, in nanoseconds of the clock given to Drain; else 0.
/// </param>
public readonly record struct DrainResult(DrainStatus Status, long WakeAt)
{
    internal static DrainResult Idle => new(DrainStatus.Idle, 0);

    internal static DrainResult More => new(DrainStatus.More, 0);
}
