using DaxEmu.Client;

namespace DaxEmu.Daemon.Compare;

/// <content>The power is cut.</content>
internal sealed partial class Lane
{
    // Of each of three parts of the region: what is written and synced, written and flushed, and only written.
    private const int CrashLength = 128 << 10;
    private const byte Before = 0x11;
    private const byte Synced = 0xc1;
    private const byte Flushed = 0xc2;
    private const byte Completed = 0xc3;

    /// <summary>Writes by RDMA, has a part synced and a part flushed, cuts the power, and counts what of it the disk has.</summary>
    public async Task<CrashReport> CrashAsync(CancellationToken cancellation)
    {
        if (_stage.Disk is not { } disk)
        {
            return new(_stage.NoDisk, null, null, null);
        }

        await FillAsync(Before, cancellation);
        await RegisterAsync(cancellation, " durable");
        _eye.Sync();
        await WriteForCrashAsync(0, Synced);
        _eye.Sync();
        await WriteForCrashAsync(CrashLength, Flushed);
        Check(await _eye.FlushAsync(_region, CrashLength, CrashLength));
        await WriteForCrashAsync(2 * CrashLength, Completed);
        await _stage.KillDaemonAsync();
        string after = await disk.CutAsync(cancellation);
        byte[] file = await System.IO.File.ReadAllBytesAsync(Path.Combine(after, Path.GetFileName(File)), cancellation);
        return new(null, Lost(file, 2 * CrashLength, Completed), Lost(file, 0, Synced), Lost(file, CrashLength, Flushed));
    }

    private static LostBytes Lost(byte[] file, int offset, byte value)
    {
        ReadOnlySpan<byte> there = file.AsSpan(Math.Min(file.Length, Workload.RegionStart + offset));
        there = there[..Math.Min(there.Length, CrashLength)];
        return new(CrashLength, CrashLength - there.Count(value));
    }

    private async Task WriteForCrashAsync(int offset, byte value)
    {
        _eye.Buffer[..CrashLength].Fill(value);
        Check(await _eye.WriteAsync(_region, offset, CrashLength));
    }

    private static void Check(CompletionStatus status)
    {
        if (status != CompletionStatus.Success)
        {
            throw new ExperimentException($"an RDMA write or flush before the power cut failed: {status}");
        }
    }
}
