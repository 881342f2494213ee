using System.Globalization;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.fcntl;
using static DaxEmu.Abi.mount;

namespace DaxEmu.Guards.Fuse;

/// <summary>Mounting and unmounting: mount(2) with CAP_SYS_ADMIN, else <see cref="FuserMount"/>.</summary>
internal static class FuseMount
{
    private const string Type = "fuse.daxemu";
    private const string RootMode = "40000";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Mounts a new connection.</summary>
    /// <exception cref="LinuxException">mount(2) failed, but not for want of the capability.</exception>
    /// <exception cref="FuseMountException">The capability is missing, and fusermount3 is so too, or refused.</exception>
    internal static FuseMounted Mount(string mountPoint)
    {
        int opened = FuseDevice.Open(out FuseDevice? device);
        if (opened == -EACCES)
        {
            return FuserMount.Mount(mountPoint);
        }

        if (opened < 0)
        {
            throw new LinuxException("open(\"/dev/fuse\", O_RDWR)", -opened);
        }

        int mounted = Mount(device!, mountPoint);
        if (mounted == 0)
        {
            return new(device!, []);
        }

        device!.Dispose();
        return mounted == -EPERM
            ? FuserMount.Mount(mountPoint)
            : throw new LinuxException($"mount(\"{FuseGuardOptions.Source}\", \"{mountPoint}\", \"{Type}\")", -mounted);
    }

    /// <summary>
    /// Unmounts. Programs that still have files open there get ENOTCONN from then on: with the capability, MNT_FORCE ends the connection,
    /// which wakes the serving threads too, and MNT_DETACH takes the mount out of sight. Without it the mount only goes out of sight, and
    /// the connection lasts until its device is closed, which the serving threads must let go of first.
    /// </summary>
    /// <param name="mountPoint">Where.</param>
    /// <param name="endServing">Called with a descriptor of the root when the serving threads still wait for requests.</param>
    /// <returns>True when nobody was cut off.</returns>
    /// <exception cref="FuseMountException">fusermount3 is missing or refused.</exception>
    internal static bool Unmount(string mountPoint, Action<SafeFileHandle> endServing)
    {
        int unmounted = MountCalls.Unmount(mountPoint, UMOUNT_NOFOLLOW);
        if (unmounted == -EPERM)
        {
            return UnmountAsUser(mountPoint, endServing);
        }

        if (unmounted != -EBUSY)
        {
            return true;
        }

        _ = MountCalls.Unmount(mountPoint, MNT_FORCE | UMOUNT_NOFOLLOW);
        _ = MountCalls.Unmount(mountPoint, MNT_DETACH | UMOUNT_NOFOLLOW);
        return false;
    }

    /// <summary>Takes away what a guard that was killed left at a mount point: a mount of ours that nobody serves.</summary>
    /// <returns>How many were taken away.</returns>
    /// <exception cref="InvalidOperationException">A guard that lives serves the mount point.</exception>
    internal static int ClearStale(string mountPoint)
    {
        int cleared = 0;
        while (MountEntry.Read().LastOrDefault(m => m.MountPoint == mountPoint) is { Type: Type })
        {
            if (Probe(mountPoint) == 0)
            {
                throw new InvalidOperationException($"{mountPoint} is already served by a running guard");
            }

            TakeAway(mountPoint);
            cleared++;
        }

        return cleared;
    }

    private static int Mount(FuseDevice device, string mountPoint)
    {
        string options = string.Create(
            CultureInfo.InvariantCulture,
            $"fd={device.Descriptor.DangerousGetHandle()},rootmode={RootMode},user_id=0,group_id=0,allow_other,default_permissions");
        return MountCalls.Mount(FuseGuardOptions.Source, mountPoint, Type, MS_NOSUID | MS_NODEV, options);
    }

    private static bool UnmountAsUser(string mountPoint, Action<SafeFileHandle> endServing)
    {
        if (!MountEntry.Read().Any(m => m.MountPoint == mountPoint && m.Type == Type) || FuserMount.Unmount(mountPoint, isLazy: false) is null)
        {
            return true;
        }

        // Busy, in all likelihood. The descriptor is opened only now: it would itself keep the mount busy.
        int opened = FileContents.Open(mountPoint, O_PATH | OpenFlags.Directory, out SafeFileHandle? root);
        if (FuserMount.Unmount(mountPoint, isLazy: true) is { } complaint)
        {
            root?.Dispose();
            throw new FuseMountException($"fusermount3 cannot unmount \"{mountPoint}\": {complaint}");
        }

        if (opened == 0)
        {
            endServing(root!);
        }

        return false;
    }

    private static void TakeAway(string mountPoint)
    {
        _ = MountCalls.Unmount(mountPoint, MNT_FORCE | UMOUNT_NOFOLLOW);
        int unmounted = MountCalls.Unmount(mountPoint, MNT_DETACH | UMOUNT_NOFOLLOW);
        if (unmounted == -EPERM)
        {
            if (FuserMount.Unmount(mountPoint, isLazy: true) is { } complaint)
            {
                throw new FuseMountException($"fusermount3 cannot take away what a killed guard left at \"{mountPoint}\": {complaint}");
            }
        }
        else if (unmounted is not (0 or -EINVAL))
        {
            throw new LinuxException($"umount2(\"{mountPoint}\", MNT_DETACH)", -unmounted);
        }
    }

    // 0, or ENOTCONN when the connection is gone, or ETIMEDOUT: a guard that was killed while it waited for itself cannot even end, and
    // holds its connection open.
    private static int Probe(string mountPoint)
    {
        int opened = -ETIMEDOUT;
        Thread probe = new(() =>
        {
            opened = FileContents.Open(mountPoint, OpenFlags.Directory, out SafeFileHandle? root);
            root?.Dispose();
        })
        { IsBackground = true, Name = "mount probe" };
        probe.Start();
        return probe.Join(Patience) ? opened : -ETIMEDOUT;
    }
}
