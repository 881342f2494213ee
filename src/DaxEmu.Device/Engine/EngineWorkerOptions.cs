namespace DaxEmu.Device;

/// <summary>How a worker spends its time.</summary>
public sealed record EngineWorkerOptions
{
    /// <summary>
    /// How long a worker without work looks on, yielding its processor between two looks, before it sleeps. A program that answers a
    /// completion with its next post within this time is served in about 1 us, else with a wake-up, in about 5 us. Where others want the
    /// processor as well, the worker sleeps sooner.
    /// </summary>
    public TimeSpan Spin { get; init; } = TimeSpan.FromMicroseconds(50);
}
