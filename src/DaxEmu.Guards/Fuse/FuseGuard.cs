using System.Diagnostics.CodeAnalysis;
using DaxEmu.Abi;
using DaxEmu.Contract;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using DaxEmu.Linux.Served;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.linux_stat;

namespace DaxEmu.Guards.Fuse;

/// <summary>
/// Shows a volume through a FUSE mount and asks the contract before anything that a program does there changes the blocks under a pin.
/// With CAP_SYS_ADMIN it mounts by itself and serves every user; without it, it mounts through fusermount3(1) and serves with the rights of
/// the user it runs as: <see cref="Gaps"/> tells what that costs.
/// </summary>
public sealed class FuseGuard : IVolumeGuard
{
    private static readonly string[] PageCacheGaps =
    [
        "the backing file sees stores through a mapping of the mounted file only after msync, fsync or write-back",
        "a device must map the file through the mount, and its page faults cost a round trip to the guard",
    ];

    private static readonly string[] WatchGaps =
    [
        "madvise(MADV_REMOVE) by a program that has no process id in the guard's pid namespace is not judged",
        "under the policy ignore, madvise(MADV_REMOVE) on a pinned range fails with ETXTBSY: an event can be denied, not pretended",
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly FuseVolume _volume;
    private readonly FuseDevice _device;
    private readonly FuseSession _session;
    private readonly IGuardEvents _events;
    private readonly MappedPunchWatch? _punches;
    private readonly ulong _mountDevice;
    private readonly bool _hasCompanion;
    private int _disposed;

    private FuseGuard(FuseVolume volume, FuseMounted mounted, IFileContract contract, IGuardEvents events, FuseGuardOptions options)
    {
        _volume = volume;
        _device = mounted.Device;
        _events = events;
        (DataPath, DataPathReason) = PassthroughProbe.Settle(_device, volume, options.ForcePageCache);
        Gaps = [.. mounted.Gaps, .. DataPath == FuseDataPath.Passthrough ? StartWatch(contract, out _punches) : PageCacheGaps];
        try
        {
            _session = new FuseSession(volume, _device, contract, events, _punches, DataPath, options.Threads);
        }
        catch
        {
            _punches?.Dispose();
            throw;
        }

        _session.Start();
        _mountDevice = DeviceOf(volume.MountPoint);
        int started = CompanionProcess.Start();
        _hasCompanion = started == 0;
        if (!_hasCompanion)
        {
            events.Warning(
                $"{volume.MountPoint}: has no companion process ({ErrnoName.Describe(-started)}): killed, the daemon may wait for itself, until umount --force");
        }
    }

    /// <summary>How file contents travel.</summary>
    public FuseDataPath DataPath { get; }

    /// <summary>Why so, as a sentence.</summary>
    public string DataPathReason { get; }

    /// <inheritdoc/>
    public string Name => "fuse";

    /// <inheritdoc/>
    public string Reason => DataPathReason;

    /// <inheritdoc/>
    public IReadOnlyList<string> Gaps { get; }

    /// <summary>Mounts a volume and serves it.</summary>
    /// <param name="volume">The volume; it stays the caller's, to be disposed after the guard.</param>
    /// <param name="contract">Whom to ask.</param>
    /// <param name="events">Whom to tell.</param>
    /// <param name="options">How to mount.</param>
    /// <exception cref="LinuxException">The mount point is missing or no directory.</exception>
    /// <exception cref="FuseMountException">Without CAP_SYS_ADMIN: fusermount3 is missing or refused.</exception>
    /// <exception cref="InvalidOperationException">Another guard serves the mount point.</exception>
    public static FuseGuard Mount(FuseVolume volume, IFileContract contract, IGuardEvents events, FuseGuardOptions options)
    {
        ArgumentNullException.ThrowIfNull(volume);
        DescriptorLimit.Raise();
        int cleared = FuseMount.ClearStale(volume.MountPoint);
        if (cleared > 0)
        {
            events.Information($"{volume.MountPoint}: took away {cleared} mount(s) that a killed guard had left");
        }

        FuseMounted mounted = FuseMount.Mount(volume.MountPoint);
        try
        {
            FuseGuard guard = new(volume, mounted, contract, events, options);
            events.Information($"{volume.BackingDirectory} is mounted at {volume.MountPoint}: {guard.DataPathReason}");
            return guard;
        }
        catch
        {
            // The device first: nobody serves it, and an ordinary user's unmounting would wait for an answer from it.
            mounted.Device.Dispose();
            FuseMount.Unmount(volume.MountPoint, root => root.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryResolveBacking(SafeFileHandle descriptor, [NotNullWhen(true)] out BackingFile? file)
    {
        file = null;
        int known = FileStatus.Status(descriptor, STATX_TYPE | STATX_INO, out statx status);
        if (known < 0)
        {
            throw new LinuxException("statx(AT_EMPTY_PATH)", -known);
        }

        if (DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor) != _mountDevice
            || _volume.Nodes.HoldShown(status.stx_ino) is not { } node)
        {
            return false;
        }

        try
        {
            SafeFileHandle? blocks = Backing(node, descriptor);
            bool isPassedThrough;
            lock (node.Gate)
            {
                isPassedThrough = DataPath == FuseDataPath.Passthrough && !node.IsCached;
            }

            file = new BackingFile(
                node.Identity, _volume.ShownPath(node), isPassedThrough ? blocks : null, blocks, () => _volume.Nodes.Release(node));
            return true;
        }
        catch
        {
            _volume.Nodes.Release(node);
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>The guard knows also what a program has open on the mount. What comes else is a punch through a mapping.</remarks>
    public bool OnPinned(FileIdentity file)
    {
        if (_volume.Nodes.Hold(file) is not { } node)
        {
            return false;
        }

        lock (node.Gate)
        {
            node.Pins++;
            _punches?.Adjust(node);
        }

        return true;
    }

    /// <inheritdoc/>
    public void OnMarked(FileIdentity file, ByteRange range)
    {
        int written = Of(file, (_, held) => held?.Change(range) ?? 0, Hold);
        if (written < 0)
        {
            _events.Warning($"file {file}: what a device wrote could not be written to the backing file: {ErrnoName.Describe(-written)}");
        }
    }

    /// <inheritdoc/>
    public int Persist(FileIdentity file, ByteRange range) => -Of(file, (node, held) =>
    {
        int written = held?.Change(range) ?? 0;
        if (held is null || written < 0)
        {
            return written;
        }

        int opened = FileContents.Reopen(node.Handle, O_RDONLY, out SafeFileHandle? backing);
        using (backing)
        {
            return opened < 0 ? opened : FileContents.Sync(backing!, dataOnly: true);
        }
    });

    /// <inheritdoc/>
    public void OnUnpinned(FileIdentity file)
    {
        if (_volume.Nodes.Hold(file) is not { } node)
        {
            return;
        }

        lock (node.Gate)
        {
            node.Pins--;
            if (node.Pins == 0 && node.Held is { } held && held.TryEnd())
            {
                node.Held = null;
            }

            _punches?.Adjust(node);
        }

        // The hold just taken, and the pin's.
        _volume.Nodes.Release(node);
        _volume.Nodes.Release(node);
    }

    /// <summary>Unmounts and ends. Programs that still use the mount get ENOTCONN.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        bool answered = _session.EndWaiting(Patience);
        answered &= _punches?.EndWaiting(Patience) ?? true;
        if (!answered)
        {
            _events.Warning($"{_volume.MountPoint}: an operation that waited for pins got no answer in time");
        }

        Unmount();

        if (!_session.Join(Patience))
        {
            _events.Warning($"{_volume.MountPoint}: a serving thread is still in a system call on the backing file system");
        }

        _punches?.Dispose();
        _session.Dispose();
        _device.Dispose();
        if (_hasCompanion)
        {
            CompanionProcess.Stop();
        }
    }

    private void Unmount()
    {
        try
        {
            if (!FuseMount.Unmount(_volume.MountPoint, _session.EndThrough))
            {
                _events.Warning($"{_volume.MountPoint}: was unmounted while programs had files open there; they get ENOTCONN");
            }
        }
        catch (FuseMountException e)
        {
            _events.Warning($"{_volume.MountPoint}: stays mounted", e);
        }
    }

    private SafeFileHandle? Backing(Node node, SafeFileHandle descriptor)
    {
        if (!node.IsRegular)
        {
            return null;
        }

        int flags = FileContents.StatusFlags(descriptor);
        int opened = FileContents.Reopen(node.Handle, flags & O_ACCMODE, out SafeFileHandle? backing);
        return opened < 0 ? throw new LinuxException($"open(\"{_volume.ShownPath(node)}\") of the backing file", -opened) : backing;
    }

    // What is done to pages takes time, and is done without the gate.
    private int Of(FileIdentity file, Func<Node, HeldPages?, int> use, Func<Node, HeldPages?>? make = null)
    {
        if (_volume.Nodes.Hold(file) is not { } node)
        {
            return 0;
        }

        try
        {
            HeldPages? held;
            lock (node.Gate)
            {
                held = node.Held ?? make?.Invoke(node);
            }

            return use(node, held);
        }
        finally
        {
            _volume.Nodes.Release(node);
        }
    }

    // Under the gate of the node, which is open. Passed through, its pages are the backing file's.
    private HeldPages? Hold(Node node)
    {
        if (!node.IsCached || node.Opens == 0)
        {
            return null;
        }

        int opened = FileContents.Reopen(node.Handle, O_RDWR, out SafeFileHandle? backing);
        if (opened < 0)
        {
            _events.Warning($"{_volume.ShownPath(node)}: nothing of it can be held back from the disk: {ErrnoName.Describe(-opened)}");
            return null;
        }

        return node.Held = new HeldPages(backing!);
    }

    private string[] StartWatch(IFileContract contract, out MappedPunchWatch? punches)
    {
        int opened = PassthroughProbe.OpenUnnamed(_volume, out SafeFileHandle? probe);
        using (probe)
        {
            string obstacle = ErrnoName.Describe(-opened);
            punches = opened < 0 ? null : MappedPunchWatch.Start(_volume, probe!, contract, _events, out obstacle);
            const string Missing = "madvise(MADV_REMOVE) is not judged: no pre-content events (Linux 6.14; ext4, xfs, btrfs)";
            return punches is null ? [$"{Missing}: {obstacle}"] : WatchGaps;
        }
    }

    private static ulong DeviceOf(string path)
    {
        int opened = FileContents.Open(path, O_PATH | OpenFlags.Directory, out SafeFileHandle? root);
        if (opened < 0)
        {
            throw new LinuxException($"open(\"{path}\", O_PATH)", -opened);
        }

        using (root)
        {
            int known = FileStatus.Status(root!, STATX_TYPE, out statx status);
            return known < 0
                ? throw new LinuxException($"statx(\"{path}\")", -known)
                : DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor);
        }
    }
}
