using DaxEmu.Client;

namespace DaxEmu.Daemon.Compare;

/// <content>Quiet points: nobody writes, so that file and region can be held against each other and against the policy.</content>
internal sealed partial class Lane
{
    private const int Page = 4096;

    // In the region: a probe empties or cuts this, and a marker is written into it afterwards.
    private const int ProbeOffset = 256 << 10;
    private const int ProbeLength = 64 << 10;

    private static readonly MutationKind[] Probes =
        [MutationKind.PunchHole, MutationKind.Truncate, MutationKind.ZeroRange, MutationKind.OpenTruncate];

    /// <summary>Holds file and region against each other, and then a file operation against what the policy says of it.</summary>
    /// <param name="round">Which; from 0.</param>
    /// <param name="prediction">What the policy says.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task BeQuietAsync(int round, Prediction prediction, CancellationToken cancellation)
    {
        LookForVanished(prediction);
        bool isIntact = await CompareAsync(cancellation);
        if (!isIntact || prediction.MayDisagree)
        {
            await RecoverAsync(cancellation);
        }

        await FillAsync((byte)(1 + (round % 255)), cancellation);
        if (!HolderLetsGo(_number))
        {
            MutationKind[] probes = [.. Probes.Where(p => p != MutationKind.ZeroRange || _stage.CanZeroRanges)];
            await ProbeAsync(probes[round % probes.Length], (byte)(255 - (round % 255)), prediction, cancellation);
            await FillAsync((byte)(1 + (round % 255)), cancellation);
        }
    }

    /// <summary>How many bytes differ; where one has more, those count too.</summary>
    internal static long CountDifferences(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int shared = Math.Min(one.Length, other.Length);
        long different = Math.Abs(one.Length - other.Length);
        int at = 0;
        while (at < shared)
        {
            at += one[at..shared].CommonPrefixLength(other[at..shared]);
            if (at < shared)
            {
                different++;
                at++;
            }
        }

        return different;
    }

    // Where an operation on the range must change nothing, the file has exactly what was written and completed.
    private void LookForVanished(Prediction prediction)
    {
        if (_expected is null || HolderLetsGo(_number) || prediction.Fate != RegionFate.Untouched)
        {
            return;
        }

        byte[] file = _eye.ReadFile();
        const int end = Workload.RegionLength - Workload.StripLength;
        ReadOnlySpan<byte> there = file.AsSpan(Math.Min(file.Length, Workload.RegionStart));
        long vanished = CountDifferences(there[..Math.Min(there.Length, end)], _expected.AsSpan(0, end));
        Tally.VanishedBytes += vanished;
        if (vanished > 0)
        {
            Tally.Unmet.Add($"{vanished} bytes of lane {_number} that were written and completed are not in the file");
        }
    }

    // True when the device still reaches all of the region.
    private async Task<bool> CompareAsync(CancellationToken cancellation)
    {
        byte[] file = _eye.ReadFile();
        int shared = Math.Clamp(file.Length - Workload.RegionStart, 0, Workload.RegionLength);
        if (shared > 0)
        {
            if (await _eye.ReadAsync(_region, 0, shared) != CompletionStatus.Success)
            {
                return false;
            }

            Tally.ComparedBytes += shared;
            Tally.DisagreeingBytes += CountDifferences(_eye.Buffer[..shared], file.AsSpan(Workload.RegionStart, shared));
        }

        // What the file has no more and the device still reaches; the rest of the last page is nobody's.
        int beyond = (shared + Page - 1) / Page * Page;
        if (beyond < Workload.RegionLength)
        {
            if (await _eye.ReadAsync(_region, beyond, Workload.RegionLength - beyond) == CompletionStatus.Success)
            {
                Tally.ComparedBytes += Workload.RegionLength - beyond;
                Tally.DisagreeingBytes += Workload.RegionLength - beyond;
            }

            return false;
        }

        return true;
    }

    // Full length again, and one value in all of the region, by RDMA.
    private async Task FillAsync(byte value, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            _eye.Buffer.Fill(value);
            CompletionStatus status = await _eye.WriteAsync(_region, 0, Workload.RegionLength);
            if (status == CompletionStatus.Success)
            {
                break;
            }

            if (attempt == Attempts)
            {
                throw new ExperimentException($"the region of lane {_number} cannot be written to: {status}");
            }

            await RecoverAsync(cancellation);
        }

        FileGrowth.EnsureLength(File, Workload.FileLength);
        _expected = new byte[Workload.RegionLength];
        _expected.AsSpan().Fill(value);
    }

    private async Task ProbeAsync(MutationKind kind, byte marker, Prediction prediction, CancellationToken cancellation)
    {
        const long at = Workload.RegionStart + ProbeOffset;
        bool cuts = kind is MutationKind.Truncate or MutationKind.OpenTruncate;
        MutationResult told = (await _mutator!.CommandAsync($"probe {kind} {at} {(cuts ? 0 : ProbeLength)}", cancellation)).Mutations[0];
        Tally.Mutations.Add(told);

        byte[] after = _eye.ReadFile();
        bool isChanged = cuts
            ? after.Length < Workload.FileLength
            : !after.AsSpan((int)at, ProbeLength).ContainsAnyExcept((byte)0);
        OperationAnswer? answer = AnswerOf(told.Errno, isChanged);
        if (answer != prediction.Answer)
        {
            Tally.Unmet.Add(
                $"{kind} on a registered range: {prediction.Answer} was predicted, and it was {answer?.ToString() ?? "none of the known"} " +
                $"(errno {told.Errno}, the file {(isChanged ? "changed" : "did not change")})");
        }

        bool isInFile = after.Length > at;
        _eye.Buffer[..Page].Fill(marker);
        CompletionStatus write = await _eye.WriteAsync(_region, ProbeOffset, Page);
        byte[] written = _eye.ReadFile();
        bool isSeen = written.Length >= at + Page && !written.AsSpan((int)at, Page).ContainsAnyExcept(marker);
        if (!IsFate(prediction.Fate, write, isSeen, isInFile))
        {
            Tally.Unmet.Add(
                $"an RDMA write after {kind}: {prediction.Fate} was predicted, and the write ended with {write} and " +
                $"{(isSeen ? "is" : "is not")} in the file");
        }

        if (prediction.Fate == RegionFate.HolderKilled && await _holder!.EndedAsync(cancellation) != SigKilled)
        {
            Tally.Unmet.Add($"the holder of lane {_number} was not killed");
        }

        if (prediction.Fate != RegionFate.Untouched)
        {
            await RecoverAsync(cancellation);
        }
    }

    private static OperationAnswer? AnswerOf(int errno, bool isChanged) => (errno, isChanged) switch
    {
        (Abi.errno.ETXTBSY, false) => OperationAnswer.Refused,
        (Abi.errno.ETIMEDOUT, false) => OperationAnswer.TimedOut,
        (0, false) => OperationAnswer.Pretended,
        (0, true) => OperationAnswer.CarriedOut,
        _ => null,
    };

    private static bool IsFate(RegionFate fate, CompletionStatus write, bool isSeen, bool isInFile) => fate switch
    {
        RegionFate.Untouched => write == CompletionStatus.Success && isSeen,
        RegionFate.Revoked => write == CompletionStatus.RemoteAccessError && !isSeen,
        RegionFate.HolderKilled => write != CompletionStatus.Success && !isSeen,
        RegionFate.FollowsFile => isInFile
            ? write == CompletionStatus.Success && isSeen
            : write == CompletionStatus.RemoteAccessError && !isSeen,
        RegionFate.KeepsOldPages => write == CompletionStatus.Success && !isSeen,
        _ => false,
    };
}
