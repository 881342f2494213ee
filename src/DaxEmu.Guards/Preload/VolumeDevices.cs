using System.Globalization;
using System.Text;
using DaxEmu.Abi;
using DaxEmu.Linux.Files;
using static DaxEmu.Abi.daxemu_device;

namespace DaxEmu.Guards.Preload;

/// <summary>The device numbers that the files of a volume have: a program asks for no others.</summary>
internal static class VolumeDevices
{
    /// <summary>Adds those of the filesystem that a volume lies on, and of others mounted below it.</summary>
    /// <returns>DAXEMU_GUARD_NAMELESS, DAXEMU_GUARD_ANY when that cannot be found out, or 0.</returns>
    internal static uint AddTo(ISet<ulong> devices, InPlaceVolume volume)
    {
        if (FileStatus.Status(volume.Root, linux_stat.STATX_INO, out statx status) != 0)
        {
            return DAXEMU_GUARD_ANY;
        }

        devices.Add(DeviceNumber.Pack(status.stx_dev_major, status.stx_dev_minor));
        Span<byte> name = stackalloc byte[4096];
        string root = Encoding.UTF8.GetString(name[..Math.Max(0, FileStatus.NameOf(volume.Root, name))]);
        MountEntry? own = null;
        uint flags = 0;
        foreach (MountEntry mount in MountEntry.Read())
        {
            if (mount.MountPoint != root && IsWithin(mount.MountPoint, root))
            {
                devices.Add(NumberOf(mount.Device));
                flags |= FlagsOf(mount.Type);
            }
            else if (IsWithin(root, mount.MountPoint) && mount.MountPoint.Length >= (own?.MountPoint.Length ?? 0))
            {
                own = mount;
            }
        }

        return own is null ? DAXEMU_GUARD_ANY : flags | FlagsOf(own.Type);
    }

    // Each subvolume has a device number of its own, and so, mostly, the files of each layer.
    private static uint FlagsOf(string type) => type is "btrfs" or "bcachefs" or "overlay" ? DAXEMU_GUARD_NAMELESS : 0;

    private static ulong NumberOf(string device)
    {
        string[] numbers = device.Split(':');
        return DeviceNumber.Pack(uint.Parse(numbers[0], CultureInfo.InvariantCulture), uint.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    private static bool IsWithin(string path, string directory) =>
        path == directory || path.StartsWith(directory == "/" ? directory : directory + "/", StringComparison.Ordinal);
}
