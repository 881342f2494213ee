using DaxEmu.Daemon.Configuration;
using DaxEmu.Device;

namespace DaxEmu.Daemon.Doctor;

/// <summary>All probes of <c>daxemu doctor</c>, in the order shown.</summary>
internal static class Examination
{
    /// <summary>Makes them.</summary>
    /// <param name="runtimeDirectory">Where the daemon's sockets would be.</param>
    /// <param name="devices">The configured RDMA devices.</param>
    /// <param name="directories">Directories whose filesystems to probe.</param>
    /// <param name="options">The rest of the configuration.</param>
    public static async Task<DoctorReport> MakeAsync(
        string runtimeDirectory, IReadOnlyList<EmulatedDeviceOptions> devices, IReadOnlyList<string> directories, DaxEmuOptions options)
    {
        List<ProbeResult> probes =
        [
            HostProbes.Kernel(),
            FuseProbes.Device(),
            .. FuseProbes.Guard(),
            WatchProbes.Changes(),
            await FuseProbes.MountHelperAsync(),
            ProcessProbes.MemoryFiles(),
            ProcessProbes.RuntimeDirectory(runtimeDirectory),
            .. directories.Select(DirectoryProbes.SynchronousMapping),
            .. directories.Select(DirectoryProbes.PreContentEvents),
            .. directories.SelectMany(DirectoryProbes.GuardInPlace),
            await ProcessProbes.UserNamespacesAsync(),
            ProcessProbes.IoUring(),
            ProcessProbes.OpenFiles(),
            ProcessProbes.LockedMemory(options.Device.LockedMemory),
            AdmissionProbes.Default(options.Contract.Admission),
            .. options.Volumes.Select(AdmissionProbes.Volume),
            .. devices.Select(DeviceProbes.Addresses),
            HostProbes.RdmaDevices(),
            await HostProbes.CompilerAsync(),
        ];
        return new(probes.TrueForAll(p => p.Status != ProbeStatus.Missing), probes);
    }
}
