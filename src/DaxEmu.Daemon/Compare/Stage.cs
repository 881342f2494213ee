using System.Globalization;
using DaxEmu.Abi;
using DaxEmu.Daemon.Admin;
using DaxEmu.Daemon.Configuration;
using DaxEmu.Daemon.Demo;
using DaxEmu.Daemon.Programs;
using DaxEmu.Linux.Files;

namespace DaxEmu.Daemon.Compare;

/// <summary>A daemon with one guarded volume, in a temporary directory. Disposing it leaves no process, mount or file.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("daxemu-compare-").FullName;
    private readonly string _runtime;
    private DaemonProcess? _daemon;

    private Stage(string executable)
    {
        Executable = executable;
        Backing = Directory.CreateDirectory(Path.Combine(_root, "backing")).FullName;
        Mount = Directory.CreateDirectory(Path.Combine(_root, "mount")).FullName;
        _runtime = Path.Combine(_root, "run");
    }

    /// <summary>The <c>daxemu</c> that all processes run.</summary>
    public string Executable { get; }

    /// <summary>The real directory.</summary>
    public string Backing { get; }

    /// <summary>Where the guard mounts it.</summary>
    public string Mount { get; }

    /// <summary>Whether the real file system can zero a range, which not all can.</summary>
    public bool CanZeroRanges { get; private set; }

    /// <summary>Where the runtime of processes that are killed leaves its files.</summary>
    public string Temporary => _root;

    /// <summary>Where clients find the device.</summary>
    public string DeviceSocket => Hosting.RuntimeDirectory.DeviceSocketIn(_runtime);

    /// <summary>What the power can be cut from; null when there can be none here.</summary>
    public CrashDisk? Disk { get; private set; }

    /// <summary>Why there can be none.</summary>
    public string? NoDisk { get; private set; }

    /// <summary>Asks the daemon.</summary>
    public AdminClient Admin => _daemon!.Admin;

    /// <summary>Makes the directories and starts the daemon.</summary>
    /// <param name="executable">The <c>daxemu</c> to run.</param>
    /// <param name="policy">The volume's policy.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ExperimentException">The daemon cannot serve here.</exception>
    public static async Task<Stage> SetAsync(string executable, string policy, CancellationToken cancellation)
    {
        Stage stage = new(executable);
        try
        {
            (stage.Disk, stage.NoDisk) = await CrashDisk.TryMakeAsync(stage._root, stage.Backing);
            stage.CanZeroRanges = TryZeroRange(Path.Combine(stage.Backing, "probe"));

            // A configuration file of the user's own is none of the experiment's business.
            string configuration = Path.Combine(stage._root, "daxemu.json");
            string content = string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                {
                  "Contract": { "LeaseBreakMilliseconds": {{Workload.LeaseBreakMilliseconds}}, "WaitMilliseconds": {{Workload.WaitMilliseconds}} },
                  "Journal": { "Capacity": 1024 }
                }
                """);
            await File.WriteAllTextAsync(configuration, content, cancellation);
            stage._daemon = await DaemonProcess.StartAsync(
                executable, stage._runtime,
                ["--config", configuration, "--volume", $"{stage.Backing}:{stage.Mount}", "--policy", policy], cancellation, stage.Temporary);
            return stage;
        }
        catch (DemoException e)
        {
            await stage.DisposeAsync();
            throw new ExperimentException(e.Message);
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills the daemon.</summary>
    public Task KillDaemonAsync() => _daemon!.KillAsync();

    private static bool TryZeroRange(string path)
    {
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
        return FileContents.Allocate(file.SafeFileHandle, linux_falloc.FALLOC_FL_ZERO_RANGE, 0, 4096) == 0;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }

        if (MountTable.FilesystemTypeAt(Mount) is not null)
        {
            // The daemon did not: it was killed. Let ordinary users do it too.
            string[] program = Environment.IsPrivilegedProcess ? ["umount", "--lazy"] : ["fusermount3", "-u", "-z"];
            await ProgramRun.OfAsync(program[0], [.. program[1..], Mount]);
        }

        if (Disk is not null)
        {
            await Disk.DisposeAsync();
        }

        Directory.Delete(_root, recursive: true);
    }
}
