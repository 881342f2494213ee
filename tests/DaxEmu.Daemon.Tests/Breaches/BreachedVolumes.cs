using DaxEmu.Client;
using Xunit;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>A daemon that guards a volume on each filesystem, for all tests that change files behind it.</summary>
public sealed class BreachedVolumes : IAsyncLifetime
{
    private readonly TestDaemon _daemon = new();
    private readonly TemporaryDirectory _directory = new();
    private readonly List<Legacy.TestVolume> _mounted = [];
    private int _lastFile;

    public static string[] Filesystems { get; } = ["ext4", "xfs", "btrfs", "tmpfs"];

    internal TestDaemon Daemon => _daemon;

    public async ValueTask InitializeAsync()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return;
        }

        List<string> volumes = [];
        foreach (string filesystem in Filesystems)
        {
            string backing = _directory.Make(filesystem);
            _mounted.Add(await Legacy.TestVolume.MountAsync(filesystem, backing, _daemon.Patience));
            volumes.AddRange(["--volume", $"{backing}:{_directory.Make(filesystem + ".mount")}"]);
        }

        await _daemon.StartAsync([.. volumes]);
    }

    internal RdmaDevice OpenDevice() => RdmaDevice.Open(Path.Combine(_daemon.Runtime, "device.sock"));

    /// <summary>Makes a file of 16 pages, each filled with a byte of its own.</summary>
    internal BreachedFile Make(string filesystem)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can mount filesystems");
        string name = $"f{Interlocked.Increment(ref _lastFile)}";
        string backing = Path.Combine(_directory.Path, filesystem);
        BreachedFile file = new(Path.Combine(backing + ".mount", name), Path.Combine(backing, name));
        BreachedFile.Fill(file.Mounted);
        return file;
    }

    /// <summary>Likewise, with a policy of its own.</summary>
    internal async Task<BreachedFile> MakeAsync(string filesystem, string policy)
    {
        BreachedFile file = Make(filesystem);
        Assert.Equal(0, (await _daemon.RunAsync("policy", "set", file.Mounted, policy)).ExitStatus);
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        foreach (string filesystem in Filesystems)
        {
            await Programs.ProgramRun.OfAsync("umount", ["--lazy", "--quiet", Path.Combine(_directory.Path, filesystem + ".mount")]);
        }

        foreach (Legacy.TestVolume volume in _mounted)
        {
            await volume.DisposeAsync();
        }

        _directory.Dispose();
    }
}
