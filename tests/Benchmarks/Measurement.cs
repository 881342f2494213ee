namespace Benchmarks;

/// <summary>One row of a benchmark's result.</summary>
/// <param name="What">What was measured.</param>
/// <param name="MedianNs">Nanoseconds per operation: the median over the batches.</param>
/// <param name="Ratio">To what it is compared with in the same run, which makes numbers of different machines comparable.</param>
/// <param name="LimitNs">What the project promises; null where it promises nothing.</param>
internal sealed record Measurement(string What, double MedianNs, double Ratio, double? LimitNs)
{
    /// <summary>What the project promises of <see cref="Ratio"/>; null where it promises nothing.</summary>
    internal double? LimitRatio { get; init; }

    /// <summary>False when a promise is broken.</summary>
    internal bool IsWithinLimit => (LimitNs is null || MedianNs <= LimitNs) && (LimitRatio is null || Ratio <= LimitRatio);
}
