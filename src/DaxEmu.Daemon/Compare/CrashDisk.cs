using DaxEmu.Daemon.Programs;

namespace DaxEmu.Daemon.Compare;

/// <summary>
/// A filesystem in an image file, mounted where the volume's files are. The image is what a disk would have after a power cut at any
/// moment: what only the page cache has is not in it.
/// </summary>
internal sealed class CrashDisk : IAsyncDisposable
{
    private const long Length = 64 << 20;

    private readonly string _image;
    private readonly string _copy;
    private readonly string _mountPoint;
    private readonly string _copyMountPoint;

    private CrashDisk(string directory, string mountPoint)
    {
        _image = Path.Combine(directory, "disk");
        _copy = Path.Combine(directory, "disk-after-the-cut");
        _mountPoint = mountPoint;
        _copyMountPoint = Path.Combine(directory, "after-the-cut");
    }

    /// <summary>Makes one, and mounts it.</summary>
    /// <param name="directory">Where the image goes.</param>
    /// <param name="mountPoint">Where it is mounted.</param>
    /// <returns>The disk; or null, and why there can be none here.</returns>
    public static async Task<(CrashDisk? Disk, string? Reason)> TryMakeAsync(string directory, string mountPoint)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return (null, "it needs root, to mount a disk image that the power can be cut from");
        }

        CrashDisk disk = new(directory, mountPoint);
        await using (FileStream image = new(disk._image, FileMode.CreateNew))
        {
            image.SetLength(Length);
        }

        ProgramRun made = await ProgramRun.OfAsync("mkfs.ext4", ["-q", "-F", disk._image]);
        if (!made.Succeeded)
        {
            return (null, $"mkfs.ext4 failed: {made.Complaint}");
        }

        ProgramRun mounted = await ProgramRun.OfAsync("mount", ["-o", "loop", disk._image, mountPoint]);
        return mounted.Succeeded ? (disk, null) : (null, $"no disk image can be mounted here: {mounted.Complaint}");
    }

    /// <summary>Cuts the power: copies the disk as it is, without anything being synced, and mounts that.</summary>
    /// <returns>Where the files are as they were found after the cut.</returns>
    /// <exception cref="ExperimentException">The copy cannot be made or mounted.</exception>
    public async Task<string> CutAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(_copyMountPoint);
        await RunAsync("cp", ["--sparse=always", _image, _copy], cancellation);
        await RunAsync("mount", ["-o", "loop", _copy, _copyMountPoint], cancellation);
        return _copyMountPoint;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await ProgramRun.OfAsync("umount", ["--quiet", _copyMountPoint]);
        ProgramRun left = await ProgramRun.OfAsync("umount", [_mountPoint]);
        if (!left.Succeeded)
        {
            await ProgramRun.OfAsync("umount", ["--lazy", _mountPoint]);
        }
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        ProgramRun run = await ProgramRun.OfAsync(program, arguments, cancellation);
        if (!run.Succeeded)
        {
            throw new ExperimentException($"{run.CommandLine}: {run.Complaint}");
        }
    }
}
