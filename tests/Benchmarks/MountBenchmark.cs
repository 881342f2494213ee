using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Benchmarks;

/// <summary>
/// What the mount costs: fio on a guarded directory and on the bare directory beneath it, turn by turn, so that whatever else the machine does
/// meets both. It is the same file, and its contents are in the page cache: a disk would hide the cost. The kernel's own overlayfs over a third
/// directory takes part where calls are small: it passes reads and writes on by the same code (fs/backing-file.c), so what it loses is the kernel's share.
/// </summary>
internal sealed class MountBenchmark : IBenchmark
{
    // Turns are short, for what else the machine does changes while they run, and their number is odd, for the median.
    private const int Rounds = 9;
    private const string Turn = "100ms";
    private const int Files = 200;
    private const int FileMiB = 16;

    // Passed through, a read, write or mapping must have at least this part of the bare directory's throughput.
    private const double LeastThroughput = 0.9;

    private static readonly (string What, bool IsSmallCall, string[] Arguments)[] s_jobs =
    [
        .. from engine in (string[])["psync", "mmap"]
           from rw in (string[])["read", "randread", "write", "randwrite"]
           from size in (string[])["4k", "1m"]
           let what = $"{(engine == "psync" ? "" : "mapping, ")}{rw} {size}"
           select (what, engine == "psync" && size == "4k", (string[])[$"--ioengine={engine}", $"--rw={rw}", $"--bs={size}"]),
    ];

    private static readonly (string What, Action<string> Operation)[] s_metadata =
    [
        ("create and close", file => File.Create(file).Dispose()),
        ("open and close", file => File.OpenHandle(file).Dispose()),
        ("open for writing and close", file => File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite).Dispose()),
        ("stat", file => _ = File.GetLastWriteTimeUtc(file)),
        ("rename", file => File.Move(file, file + "-")),
        ("unlink", file => File.Delete(file + "-")),
    ];

    public string Name => "mount";

    public IEnumerable<Measurement> Run()
    {
        string directory = Directory.CreateTempSubdirectory("daxemu-mount-benchmark-").FullName;
        string backing = Directory.CreateDirectory(Path.Combine(directory, "backing")).FullName;
        string mount = Directory.CreateDirectory(Path.Combine(directory, "mount")).FullName;
        string overlay = Directory.CreateDirectory(Path.Combine(directory, "overlay")).FullName;
        string runtime = Path.Combine(directory, "run");
        string configuration = Path.Combine(directory, "daxemu.json");
        File.WriteAllText(configuration, "{}");
        bool hasOverlay = TryMountOverlay(directory, overlay);
        File.WriteAllBytes(Path.Combine(backing, "data"), new byte[FileMiB << 20]);
        File.WriteAllBytes(Path.Combine(overlay, "data"), new byte[FileMiB << 20]);
        string[] serve = ["serve", "--socket", runtime, "--config", configuration, "--volume", $"{backing}:{mount}"];
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "daxemu"), serve) { RedirectStandardError = true };
        using Process daemon = Process.Start(start)!;
        Task<string> said = daemon.StandardError.ReadToEndAsync();
        try
        {
            while (!File.Exists(Path.Combine(runtime, "device.sock")))
            {
                if (daemon.HasExited)
                {
                    throw new InvalidOperationException($"daxemu serve ended with status {daemon.ExitCode}: {said.Result}");
                }

                Thread.Sleep(20);
            }

            foreach ((string what, bool isSmallCall, string[] arguments) in s_jobs)
            {
                double[][] rounds = Fio(arguments, hasOverlay && isSmallCall ? [backing, mount, overlay] : [backing, mount]);
                yield return Row(what, rounds, 1, LeastThroughput);
                if (rounds[0].Length > 2)
                {
                    yield return Row($"{what}, overlayfs", rounds, 2, null);
                }
            }

            foreach (Measurement row in CompareMetadata(backing, mount))
            {
                yield return row;
            }
        }
        finally
        {
            End(daemon);
            if (hasOverlay)
            {
                Run("umount", overlay);
            }

            Directory.Delete(directory, recursive: true);
        }
    }

    private static IEnumerable<Measurement> CompareMetadata(string bare, string mounted)
    {
        double[][][] rounds = [.. Enumerable.Range(0, Rounds).Select(_ => new double[2][])];
        for (int round = 0; round < Rounds; round++)
        {
            foreach (int place in Order(round, 2))
            {
                rounds[round][place] = [.. s_metadata.Select(m => Each(place == 0 ? bare : mounted, m.Operation))];
            }
        }

        return s_metadata.Select((m, i) => Row(m.What, [.. rounds.Select(r => (double[])[r[0][i], r[1][i]])], 1, null));
    }

    // Who comes first takes turns too.
    private static IEnumerable<int> Order(int round, int places) =>
        round % 2 == 0 ? Enumerable.Range(0, places) : Enumerable.Range(0, places).Reverse();

    // The ratio is the median of the rounds' own: the turns of a round lie beside each other in time.
    private static Measurement Row(string what, double[][] rounds, int place, double? leastThroughput) => new(
        $"{what} (bare: {Median([.. rounds.Select(r => r[0])]):N0} ns)",
        Median([.. rounds.Select(r => r[place])]),
        Median([.. rounds.Select(r => r[place] / r[0])]),
        null)
    { LimitRatio = 1 / leastThroughput };

    private static double Median(double[] samples)
    {
        Array.Sort(samples);
        return samples[samples.Length / 2];
    }

    // One fio for all turns, each a job that waits for the one before; not counted is what comes first, the opening. Gives each round's nanoseconds per I/O, by place.
    private static double[][] Fio(string[] arguments, string[] places)
    {
        // Where it may, before all that is not urgent: what else runs would show in every turn, by chance more in one than in the other.
        string[] program = Environment.IsPrivilegedProcess ? ["chrt", "--rr", "1", "fio"] : ["fio"];
        List<string> all =
        [
            .. program[1..], $"--size={FileMiB}m", "--time_based", "--ramp_time=50ms", $"--runtime={Turn}", "--invalidate=0", "--fallocate=none", "--output-format=json",
            .. arguments,
        ];
        (int Round, int Place)[] turns = [.. Enumerable.Range(0, Rounds).SelectMany(round => Order(round, places.Length).Select(place => (round, place)))];
        foreach ((int round, int place) in turns)
        {
            all.AddRange([$"--name=turn{round}.{place}", "--stonewall", $"--filename={places[place]}/data"]);
        }

        using Process fio = Process.Start(new ProcessStartInfo(program[0], all) { RedirectStandardOutput = true })!;
        string said = fio.StandardOutput.ReadToEnd();
        fio.WaitForExit();
        if (fio.ExitCode != 0)
        {
            throw new InvalidOperationException($"fio returned {fio.ExitCode}: {said}");
        }

        using JsonDocument report = JsonDocument.Parse(said[said.IndexOf('{', StringComparison.Ordinal)..]);
        double[][] rounds = [.. Enumerable.Range(0, Rounds).Select(_ => new double[places.Length])];
        foreach (((int round, int place), JsonElement job) in turns.Zip(report.RootElement.GetProperty("jobs").EnumerateArray()))
        {
            rounds[round][place] = Nanoseconds(job);
        }

        return rounds;
    }

    private static bool TryMountOverlay(string directory, string mountPoint)
    {
        string Make(string name) => Directory.CreateDirectory(Path.Combine(directory, name)).FullName;
        return Environment.IsPrivilegedProcess
            && Run("mount", "-t", "overlay", "overlay", "-o", $"lowerdir={Make("lower")},upperdir={Make("upper")},workdir={Make("work")}", mountPoint) == 0;
    }

    private static int Run(string program, params string[] arguments)
    {
        using Process run = Process.Start(program, arguments);
        run.WaitForExit();
        return run.ExitCode;
    }

    private static double Nanoseconds(JsonElement job) =>
        1e9 / (job.GetProperty("read").GetProperty("iops").GetDouble() + job.GetProperty("write").GetProperty("iops").GetDouble());

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
        Run("kill", "-TERM", $"{daemon.Id}");
        daemon.WaitForExit();
    }
}
