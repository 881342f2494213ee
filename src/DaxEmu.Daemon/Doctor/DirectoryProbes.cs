using DaxEmu.Contract;
using DaxEmu.Guards;
using DaxEmu.Guards.Fanotify;
using DaxEmu.Linux;
using DaxEmu.Linux.Features;

namespace DaxEmu.Daemon.Doctor;

/// <summary>What a directory's filesystem offers: synchronous mappings, and fanotify's pre-content events.</summary>
internal static class DirectoryProbes
{
    /// <summary>MAP_SYNC, by mapping a file made there.</summary>
    public static ProbeResult SynchronousMapping(string directory) =>
        WithFile(directory, $"DAX on {directory}", file => KernelFeature.SynchronousMapping(file.SafeFileHandle) switch
        {
            0 => ProbeResult.Ok($"DAX on {directory}", "MAP_SYNC works: a flushed store is durable"),
            int errno => ProbeResult.Degraded(
                $"DAX on {directory}", $"mmap(MAP_SHARED_VALIDATE|MAP_SYNC): {ErrnoName.Describe(errno)}",
                "Regions lie in the page cache: what is written is durable after fsync, not before.",
                "A filesystem on persistent memory mounted with -o dax (a memmap=4G!12G kernel parameter emulates it)."),
        });

    /// <summary>fanotify pre-content events, by marking a file made there.</summary>
    public static ProbeResult PreContentEvents(string directory) =>
        WithFile(directory, $"fanotify on {directory}", file => KernelFeature.PreContentEvents(file.SafeFileHandle) switch
        {
            0 => ProbeResult.Ok($"fanotify on {directory}", "pre-content events work"),
            int errno => ProbeResult.Degraded(
                $"fanotify on {directory}", $"FAN_CLASS_PRE_CONTENT, FAN_PRE_ACCESS: {ErrnoName.Describe(errno)}",
                "Files are guarded on FUSE mounts only, not where they are.",
                "Linux 6.14 or newer, CAP_SYS_ADMIN, and ext4, xfs or btrfs."),
        });

    /// <summary>The guard of files in place, by starting it, and what it does not catch.</summary>
    public static IReadOnlyList<ProbeResult> GuardInPlace(string directory)
    {
        string name = $"guard in place on {directory}";
        try
        {
            using InPlaceVolume volume = InPlaceVolume.Open(directory);
            PolicyPlace nothing = new("", null);
            FileContract contract = new(new VolumePolicySource(volume, nothing, nothing), new BoundedJournal(1), TimeProvider.System, new PinHolderRelay());
            using FanotifyGuard? guard = FanotifyGuard.TryStart(volume, contract, new SilentEvents(), new FanotifyGuardOptions(), out string obstacle);
            return guard is null
                ?
                [
                    ProbeResult.Degraded(
                        name, obstacle, "Files are guarded on FUSE mounts only, not where they are.",
                        "Linux 6.14 or newer, CAP_SYS_ADMIN, and ext4, xfs or btrfs."),
                ]
                :
                [
                    ProbeResult.Ok(name, $"fanotify: {guard.Reason}"),
                    .. guard.Gaps.Select(gap => ProbeResult.Degraded(
                        name, gap, "The guard does not reach there, or cannot give the contract's answer in full.", "A FUSE mount, where that counts.")),
                ];
        }
        catch (LinuxException e)
        {
            return [ProbeResult.Degraded(name, e.Message, "It could not be probed.", "Name a directory that this user may open.")];
        }
    }

    private static ProbeResult WithFile(string directory, string name, Func<FileStream, ProbeResult> probe)
    {
        string path = Path.Combine(directory, $".daxemu-probe-{Environment.ProcessId}");
        try
        {
            using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 0, FileOptions.DeleteOnClose);
            file.SetLength(Environment.SystemPageSize);
            return probe(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ProbeResult.Degraded(name, e.Message, "It could not be probed.", "Name a directory that this user may write into.");
        }
    }
}
