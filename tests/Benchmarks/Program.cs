using System.Globalization;
using Benchmarks;

IBenchmark[] all = [new PinIndexBenchmark(), new FanotifyReadBenchmark(), new MountBenchmark()];
string[] unknown = [.. args.Except(all.Select(b => b.Name))];
if (unknown.Length > 0)
{
    Console.Error.WriteLine(
        $"no benchmark is called {string.Join(", ", unknown)}; there are: {string.Join(", ", all.Select(b => b.Name))}");
    return 2;
}

bool within = true;
foreach (IBenchmark benchmark in all.Where(b => args.Length == 0 || args.Contains(b.Name)))
{
    Console.WriteLine(benchmark.Name);
    foreach (Measurement row in benchmark.Run())
    {
        within &= row.IsWithinLimit;
        string limit = row.LimitNs is double ns ? $"  limit {ns:N0} ns" : row.LimitRatio is double ratio ? $"  limit {ratio:N2}x" : "";
        limit += row.IsWithinLimit ? "" : ": EXCEEDED";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {row.What,-52} {row.MedianNs,12:N1} ns {row.Ratio,10:N2}x{limit}"));
    }
}

return within ? 0 : 1;
