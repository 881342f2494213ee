namespace DaxEmu.Nic;

/// <summary>The receiver-not-ready timer (IBTA 9.7.5.2.8, table "Encoding for RNR NAK Timer Field").</summary>
public static class RnrTimer
{
    // In units of 10 us.
    private static ReadOnlySpan<int> Delays =>
    [
        65536, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192,
        256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
    ];

    /// <summary>The delay of an encoded timer.</summary>
    /// <param name="timer">min_rnr_timer, 0 to 31; 0 is the longest.</param>
    /// <returns>Nanoseconds.</returns>
    public static long DelayOf(uint timer) => Delays[(int)(timer & 31)] * 10_000L;
}
