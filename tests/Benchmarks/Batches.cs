using System.Diagnostics;

namespace Benchmarks;

/// <summary>
/// Times operations too short for the clock, a batch at a time. The median over many batches is what an undisturbed batch takes: on a
/// busy machine the mean would measure its neighbours.
/// </summary>
internal static class Batches
{
    private const int Count = 201;
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(300);

    /// <summary>Nanoseconds per operation, as the median over the batches.</summary>
    /// <param name="perBatch">How many operations one call of <paramref name="batch"/> makes.</param>
    /// <param name="batch">Makes them.</param>
    internal static double MedianNs(int perBatch, Action batch)
    {
        // Long enough for the tiered compiler to have put its last version in place.
        Stopwatch warmUp = Stopwatch.StartNew();
        while (warmUp.Elapsed < s_warmUp)
        {
            batch();
        }

        double[] samples = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            batch();
            samples[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds / perBatch;
        }

        Array.Sort(samples);
        return samples[Count / 2];
    }
}
