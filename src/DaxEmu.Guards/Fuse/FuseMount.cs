using System.Globalization;
using DaxEmu.Linux;
using DaxEmu.Linux.Files;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.mount;

namespace DaxEmu.Guards.Fuse;

/// <summary>Mounting and unmounting, which need CAP_SYS_ADMIN.</summary>
internal static class FuseMount
{
    private const string Type = "fuse.daxemu";
    private const string RootMode = "40000";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Mounts a connection.</summary>
    /// <exception cref="LinuxException">mount(2) failed.</exception>
    internal static void Mount(FuseDevice device, string mountPoint)
    {
        string options = string.Create(
            CultureInfo.InvariantCulture,
            $"fd={device.Descriptor.DangerousGetHandle()},rootmode={RootMode},user_id=0,group_id=0,allow_other,default_permissions");
        int mounted = MountCalls.Mount(FuseGuardOptions.Source, mountPoint, Type, MS_NOSUID | MS_NODEV, options);
        if (mounted < 0)
        {
            throw new LinuxException($"mount(\"{FuseGuardOptions.Source}\", \"{mountPoint}\", \"{Type}\")", -mounted);
        }
    }

    /// <summary>
    /// Unmounts. Programs that still have files open there get ENOTCONN from then on: MNT_FORCE ends the connection, which wakes the
    /// serving threads too, and MNT_DETACH takes the mount out of sight.
    /// </summary>
    /// <returns>True when nobody was cut off.</returns>
    internal static bool Unmount(string mountPoint)
    {
        if (MountCalls.Unmount(mountPoint, UMOUNT_NOFOLLOW) != -EBUSY)
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

            _ = MountCalls.Unmount(mountPoint, MNT_FORCE | UMOUNT_NOFOLLOW);
            int unmounted = MountCalls.Unmount(mountPoint, MNT_DETACH | UMOUNT_NOFOLLOW);
            if (unmounted is not (0 or -EINVAL))
            {
                throw new LinuxException($"umount2(\"{mountPoint}\", MNT_DETACH)", -unmounted);
            }

            cleared++;
        }

        return cleared;
    }

    // 0, or ENOTCONN when the connection is gone, or ETIMEDOUT: a guard that was killed while it waited for itself cannot even end, and
    // holds its connection open.
    private static int Probe(string mountPoint)
    {
        int opened = -ETIMEDOUT;
        Thread probe = new(() =>
        {
            opened = FileContents.Open(mountPoint, OpenFlags.Directory, out Microsoft.Win32.SafeHandles.SafeFileHandle? root);
            root?.Dispose();
        })
        { IsBackground = true, Name = "mount probe" };
        probe.Start();
        return probe.Join(Patience) ? opened : -ETIMEDOUT;
    }
}
