using System.Diagnostics;

namespace DaxEmu.Device;

/// <summary>CLOCK_MONOTONIC.</summary>
internal static class Clock
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly long NanosecondsPerTick = NanosecondsPerSecond / Stopwatch.Frequency;

    /// <summary>Nanoseconds since some time before the process began.</summary>
    public static long Now => Stopwatch.GetTimestamp() * NanosecondsPerTick;
}
