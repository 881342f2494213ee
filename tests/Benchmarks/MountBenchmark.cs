using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Benchmarks;

/// <summary>
/// What the mount costs: fio on a guarded directory and on the bare directory beneath it, turn by turn, so that whatever else the machine does
/// meets both. The contents of the file are in the page cache: a disk would hide the cost.
/// </summary>
internal sealed class MountBenchmark : IBenchmark
{
    private const int Rounds = 5;
    private const int Files = 500;
    private const string FileMiB = "128";

    // Passed through, a read, write or mapping must have at least this part of the bare directory's throughput.
    private const double LeastThroughput = 0.9;

    private static readonly (string What, string[] Arguments)[] s_jobs =
    [
        .. from engine in (string[])["psync", "mmap"]
           from rw in (string[])["read", "randread", "write", "randwrite"]
           from size in (string[])["4k", "1m"]
           select ($"{(engine == "psync" ? "" : "mapping, ")}{rw} {size}", (string[])[$"--ioengine={engine}", $"--rw={rw}", $"--bs={size}"]),
    ];

    public string Name => "mount";

    public IEnumerable<Measurement> Run()
    {
        string directory = Directory.CreateTempSubdirectory("daxemu-mount-benchmark-").FullName;
        string backing = Directory.CreateDirectory(Path.Combine(directory, "backing")).FullName;
        string mount = Directory.CreateDirectory(Path.Combine(directory, "mount")).FullName;
        string runtime = Path.Combine(directory, "run");
        string configuration = Path.Combine(directory, "daxemu.json");
        File.WriteAllText(configuration, "{}");
        string[] serve = ["serve", "--socket", runtime, "--config", configuration, "--volume", $"{backing}:{mount}"];
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "daxemu"), serve) { RedirectStandardError = true };
        using Process daemon = Process.Start(start)!;
        _ = daemon.StandardError.ReadToEndAsync();
        try
        {
            while (!File.Exists(Path.Combine(runtime, "device.sock")))
            {
                if (daemon.HasExited)
                {
                    throw new InvalidOperationException($"daxemu serve ended with status {daemon.ExitCode}");
                }

                Thread.Sleep(20);
            }

            List<Measurement> rows = [];
            foreach ((string what, string[] arguments) in s_jobs)
            {
                rows.AddRange(Compare(what, directory => Fio(directory, arguments), backing, mount));
            }

            rows.AddRange(CompareMetadata(backing, mount));

            return rows;
        }
        finally
        {
            End(daemon);
            Directory.Delete(directory, recursive: true);
        }
    }

    private static readonly (string What, Action<string> Operation)[] s_metadata =
    [
        ("create and close", file => File.Create(file).Dispose()),
        ("open and close", file => File.OpenHandle(file).Dispose()),
        ("stat", file => _ = File.GetLastWriteTimeUtc(file)),
        ("rename", file => File.Move(file, file + "-")),
        ("unlink", file => File.Delete(file + "-")),
    ];

    private static IEnumerable<Measurement> CompareMetadata(string bare, string mounted)
    {
        List<double[]> below = [];
        List<double[]> through = [];
        for (int round = 0; round < Rounds; round++)
        {
            below.Add([.. s_metadata.Select(m => Each(bare, m.Operation))]);
            through.Add([.. s_metadata.Select(m => Each(mounted, m.Operation))]);
        }

        return s_metadata.SelectMany((m, i) => Rows(
            m.What, Median([.. below.Select(times => times[i])]), Median([.. through.Select(times => times[i])]), hasLimit: false));
    }

    private static IEnumerable<Measurement> Compare(string what, Func<string, double> measure, string bare, string mounted)
    {
        List<double> below = [];
        List<double> through = [];
        for (int round = 0; round < Rounds; round++)
        {
            // Who comes first takes turns too.
            bool isMountFirst = round % 2 == 1;
            double first = measure(isMountFirst ? mounted : bare);
            double second = measure(isMountFirst ? bare : mounted);
            (isMountFirst ? through : below).Add(first);
            (isMountFirst ? below : through).Add(second);
        }

        return Rows(what, Median(below), Median(through), hasLimit: true);
    }

    private static IEnumerable<Measurement> Rows(string what, double bareNs, double mountNs, bool hasLimit) =>
    [
        new($"{what}, bare", bareNs, 1, null),
        new($"{what}, mount", mountNs, mountNs / bareNs, hasLimit ? bareNs / LeastThroughput : null),
    ];

    private static double Median(List<double> samples)
    {
        samples.Sort();
        return samples[samples.Count / 2];
    }

    private static double Fio(string directory, string[] arguments)
    {
        string[] all =
        [
            "--name=job", $"--filename={directory}/data", $"--size={FileMiB}m", "--time_based", "--runtime=1", "--ramp_time=200ms",
            "--invalidate=0", "--fallocate=none", "--output-format=json", .. arguments,
        ];
        using Process fio = Process.Start(new ProcessStartInfo("fio", all) { RedirectStandardOutput = true })!;
        string said = fio.StandardOutput.ReadToEnd();
        fio.WaitForExit();
        if (fio.ExitCode != 0)
        {
            throw new InvalidOperationException($"fio returned {fio.ExitCode}: {said}");
        }

        using JsonDocument report = JsonDocument.Parse(said[said.IndexOf('{', StringComparison.Ordinal)..]);
        JsonElement job = report.RootElement.GetProperty("jobs")[0];
        double iops = job.GetProperty("read").GetProperty("iops").GetDouble() + job.GetProperty("write").GetProperty("iops").GetDouble();
        return 1e9 / iops;
    }

    private static double Each(string directory, Action<string> operation)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < Files; i++)
        {
            operation(Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"file{i}")));
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / Files;
    }

    private static void End(Process daemon)
    {
        using (Process kill = Process.Start("kill", ["-TERM", $"{daemon.Id}"]))
        {
            kill.WaitForExit();
        }

        daemon.WaitForExit();
    }
}
