namespace Benchmarks;

/// <summary>Something measured, by the name it is asked for on the command line.</summary>
internal interface IBenchmark
{
    /// <summary>The name, such as <c>pin-index</c>.</summary>
    string Name { get; }

    /// <summary>Measures, and gives a row for each thing measured.</summary>
    IEnumerable<Measurement> Run();
}
