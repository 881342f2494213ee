namespace DaxEmu.Device;

/// <summary>How a worker spends its time.</summary>
public sealed record EngineWorkerOptions
{
    /// <summary>
    /// How long a worker without work looks for some before it sleeps. A program that answers a completion with the next post is served
    /// without a wake-up (some 5 us) when it does so within this time; while it lasts, the worker keeps a processor busy.
    /// </summary>
    public TimeSpan Spin { get; init; } = TimeSpan.FromMicroseconds(50);
}
