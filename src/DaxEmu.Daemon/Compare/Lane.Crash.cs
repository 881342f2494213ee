using DaxEmu.Client;

namespace DaxEmu.Daemon.Compare;

/// <content>The power is cut.</content>
internal sealed partial class Lane
{
    // Of the region: what is written and synced, and what is only written.
    private const int CrashLength = 128 << 10;
    private const byte Before = 0x11;
    private const byte Synced = 0xc1;
    private const byte Completed = 0xc2;

    /// <summary>Writes by RDMA, has the first half synced, cuts the power, and counts what of it the disk has.</summary>
    public async Task<CrashReport> CrashAsync(CancellationToken cancellation)
    {
        if (_stage.Disk is not { } disk)
        {
            return new(_stage.NoDisk, null, null);
        }

        await FillAsync(Before, cancellation);
        _eye.Sync();
        await WriteForCrashAsync(0, Synced);
        _eye.Sync();
        await WriteForCrashAsync(CrashLength, Completed);
        await _stage.KillDaemonAsync();
        string after = await disk.CutAsync(cancellation);
        byte[] file = await System.IO.File.ReadAllBytesAsync(Path.Combine(after, Path.GetFileName(File)), cancellation);
        return new(null, Lost(file, CrashLength, Completed), Lost(file, 0, Synced));
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
        CompletionStatus status = await _eye.WriteAsync(_region, offset, CrashLength);
        if (status != CompletionStatus.Success)
        {
            throw new ExperimentException($"the write before the power cut failed: {status}");
        }
    }
}
