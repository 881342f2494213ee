using DaxEmu.Daemon.Programs;
using DaxEmu.Daemon.Tests.Legacy;
using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>The filesystems that the rows need, each mounted below a directory that every user can reach.</summary>
internal sealed class CoverageFilesystems : IAsyncDisposable
{
    /// <summary>Their names.</summary>
    public static readonly IReadOnlyList<string> Names = ["ext4", "xfs", "btrfs"];

    // XFS_SB_FEAT_INCOMPAT_EXCHRANGE (fs/xfs/libxfs/xfs_format.h), beside FTYPE, SPINODES and BIGTIME: mkfs.xfs sets it since 6.10 only.
    private const string AddExchangeRange = "write -d features_incompat 0x4b";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<TestVolume> _volumes = [];

    /// <summary>Makes and mounts them.</summary>
    public async Task MountAsync(CancellationToken patience)
    {
        File.SetUnixFileMode(_directory.Path, (UnixFileMode)0b111_101_101);
        foreach (string name in Names)
        {
            _volumes.Add(await TestVolume.MountAsync(name, _directory.Make(name), patience, image => PrepareAsync(name, image, patience)));
        }
    }

    /// <summary>Where one of them is mounted.</summary>
    public string Of(string name) => Path.Combine(_directory.Path, name);

    /// <summary>A directory outside of them.</summary>
    public string Make(string name) => _directory.Make(name);

    /// <summary>A file outside of them.</summary>
    public string Write(string name, string text) => _directory.Write(name, text);

    /// <summary>Brings all to the disks that was written to them.</summary>
    public async Task SyncAsync(CancellationToken patience)
    {
        ProgramRun run = await ProgramRun.OfAsync("sync", ["--file-system", .. Names.Select(Of)], patience);
        Assert.True(run.Succeeded, run.Error);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestVolume volume in _volumes)
        {
            await volume.DisposeAsync();
        }

        _directory.Dispose();
    }

    private static async Task PrepareAsync(string name, string image, CancellationToken patience)
    {
        if (name == "xfs" && RunningKernel.Has(CoveredOperation.ExchangeRange))
        {
            ProgramRun run = await ProgramRun.OfAsync("xfs_db", ["-x", "-c", "sb 0", "-c", AddExchangeRange, image], patience);
            Assert.True(run.Succeeded, run.Error);
        }
    }
}
