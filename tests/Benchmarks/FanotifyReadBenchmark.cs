using System.Diagnostics;
using DaxEmu.Contract;
using DaxEmu.Guards;
using DaxEmu.Guards.Fanotify;
using Microsoft.Win32.SafeHandles;

namespace Benchmarks;

/// <summary>
/// What a guard in place costs who reads 4 KiB of a file: with and without a pin, against a file opened when there was no guard. The readings
/// take turns, so that whatever else the machine does meets all of them.
/// </summary>
internal sealed class FanotifyReadBenchmark : IBenchmark
{
    private const int Length = 1 << 20;
    private const int Rounds = 201;
    private const int ReadsPerRound = 64;
    private const int Page = 4096;

    public string Name => "fanotify-read";

    public IEnumerable<Measurement> Run()
    {
        // In another process: the guard answers its own at once.
        string directory = Directory.CreateTempSubdirectory("daxemu-benchmark-").FullName;
        try
        {
            string file = Path.Combine(directory, "data");
            File.WriteAllBytes(file, new byte[Length]);
            using Process reader = StartReader(file);
            return [.. Guarded(directory, file, reader)];
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static List<Measurement> Guarded(string directory, string file, Process reader)
    {
        List<double> none = [], unpinned = [], pinned = [];
        using InPlaceVolume volume = InPlaceVolume.Open(directory);
        PolicyPlace nothing = new("", null);
        FileContract contract = new(new VolumePolicySource(volume, nothing, nothing), new BoundedJournal(1), TimeProvider.System, new PinHolderRelay());

        // The reader's first descriptor is opened before there is a guard: it never sends an event.
        Ask(reader, "open");
        using FanotifyGuard guard = FanotifyGuard.TryStart(volume, contract, new Silence(), new(), out string obstacle)
            ?? throw new InvalidOperationException(obstacle);
        Ask(reader, "open");
        using SafeFileHandle known = File.OpenHandle(file);
        _ = guard.TryResolveBacking(known, out BackingFile? backing);
        using (backing)
        {
            for (int i = 0; i < Rounds; i++)
            {
                // What comes after the wait for the pinned ones finds the caches cold: each does in turn.
                (double first, double second) = (Ask(reader, $"{i % 2}"), Ask(reader, $"{1 - (i % 2)}"));
                none.Add(i % 2 == 0 ? first : second);
                unpinned.Add(i % 2 == 0 ? second : first);
                _ = guard.OnPinned(backing!.Identity);
                pinned.Add(Ask(reader, "1"));
                guard.OnUnpinned(backing.Identity);
            }
        }

        reader.StandardInput.Close();
        reader.WaitForExit();
        double[] unpinnedRatios = [.. unpinned.Zip(none, (guarded, free) => guarded / free)];
        double[] pinnedRatios = [.. pinned.Zip(none, (guarded, free) => guarded / free)];
        return
        [
            new("read of 4 KiB, no guard", Median(none), 1, null),
            new("read of 4 KiB, guarded, not pinned", Median(unpinned), Median(unpinnedRatios), null),
            new("read of 4 KiB, pinned", Median(pinned), Median(pinnedRatios), null),
        ];
    }

    // Each line it gets opens the file once more, or reads through the descriptor of that number and tells the nanoseconds that a read took. It
    // runs before all that is not urgent, for what else runs would show in every reading.
    private static Process StartReader(string file) => Process.Start(new ProcessStartInfo(
        "chrt",
        [
            "--rr", "1", "perl",
            "-MTime::HiRes=clock_gettime,CLOCK_MONOTONIC", "-e",
            "$|=1;while(<STDIN>){chomp;if($_ eq 'open'){open(my $f,'<:raw',$ARGV[0]);push @f,$f;print \"0\\n\";next}"
            + "my $f=$f[$_];my $t=clock_gettime(CLOCK_MONOTONIC);for(1..$ARGV[1]){sysseek($f,0,0);sysread($f,my $b,$ARGV[2])}"
            + "print 1e9*(clock_gettime(CLOCK_MONOTONIC)-$t)/$ARGV[1],\"\\n\"}",
            file, $"{ReadsPerRound}", $"{Page}",
        ])
    { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    private static double Ask(Process reader, string what)
    {
        reader.StandardInput.WriteLine(what);
        reader.StandardInput.Flush();
        return double.Parse(reader.StandardOutput.ReadLine()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static double Median(IEnumerable<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed class Silence : IGuardEvents
    {
        public void Information(string message)
        {
        }

        public void Warning(string message, Exception? cause = null) => Console.Error.WriteLine(message);
    }
}
