namespace DaxEmu.Daemon.Compare;

/// <summary>What operations took.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="P50">What half of them did not exceed, in microseconds.</param>
/// <param name="P99">What 99 of 100 did not exceed.</param>
/// <param name="Max">What the longest took.</param>
internal sealed record Percentiles(int Count, double P50, double P99, double Max)
{
    /// <summary>Of some durations, in microseconds; all 0 when there are none.</summary>
    public static Percentiles Of(IEnumerable<double> microseconds)
    {
        double[] sorted = [.. microseconds.Order()];
        return sorted.Length == 0 ? new(0, 0, 0, 0) : new(sorted.Length, At(sorted, 0.5), At(sorted, 0.99), Round(sorted[^1]));
    }

    // The smallest value that the share of all values does not exceed (nearest rank).
    private static double At(double[] sorted, double share) => Round(sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)]);

    private static double Round(double value) => Math.Round(value, 1);
}
