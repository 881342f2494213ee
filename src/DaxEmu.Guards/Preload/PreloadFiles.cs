using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Linux;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.daxemu_device;

namespace DaxEmu.Guards.Preload;

/// <summary>The files of all volumes that are guarded so.</summary>
internal sealed class PreloadFiles
{
    private readonly Lock _gate = new();
    private InPlaceVolume[] _volumes = [];

    internal void Add(InPlaceVolume volume)
    {
        lock (_gate)
        {
            _volumes = [.. _volumes, volume];
        }
    }

    /// <returns>False when no volume is left.</returns>
    internal bool Remove(InPlaceVolume volume)
    {
        lock (_gate)
        {
            _volumes = [.. _volumes.Where(v => v != volume)];
            return _volumes.Length > 0;
        }
    }

    /// <summary>
    /// What a client's descriptor stands for; null when it lies on no volume. A file that is pinned is known, by whatever other name it was opened.
    /// </summary>
    /// <exception cref="LinuxException">The descriptor cannot be asked.</exception>
    internal BackingFile? Find(SafeFileHandle descriptor)
    {
        foreach (InPlaceVolume volume in Volatile.Read(ref _volumes))
        {
            if (volume.TryResolve(descriptor, out BackingFile? file))
            {
                return file;
            }
        }

        return null;
    }

    /// <summary>Which files to ask for.</summary>
    internal daxemu_guard_files Describe()
    {
        HashSet<ulong> devices = [];
        daxemu_guard_files files = default;
        foreach (InPlaceVolume volume in Volatile.Read(ref _volumes))
        {
            files.flags |= VolumeDevices.AddTo(devices, volume);
        }

        if (devices.Count > DAXEMU_GUARD_DEVICES)
        {
            files.flags |= DAXEMU_GUARD_ANY;
            return files;
        }

        files.device_count = (uint)devices.Count;
        devices.ToArray().CopyTo(MemoryMarshal.CreateSpan(ref files.devices[0], DAXEMU_GUARD_DEVICES));
        return files;
    }
}
