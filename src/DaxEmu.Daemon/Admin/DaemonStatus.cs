using DaxEmu.Contract;
using DaxEmu.Device;

namespace DaxEmu.Daemon.Admin;

/// <summary>GET /v1/status: what the daemon serves now.</summary>
/// <param name="Version">Of the daemon.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="Since">When it started, UTC.</param>
/// <param name="RuntimeDirectory">Where its sockets are.</param>
/// <param name="Policy">The policy where neither file, directory nor volume sets one.</param>
/// <param name="Device">The emulated RDMA devices and their open files.</param>
/// <param name="Volumes">The guarded volumes.</param>
/// <param name="PinCount">Pins held.</param>
/// <param name="Journal">The decisions kept.</param>
internal sealed record DaemonStatus(
    string Version,
    int ProcessId,
    DateTimeOffset Since,
    string RuntimeDirectory,
    Policy Policy,
    DeviceSnapshot Device,
    IReadOnlyList<VolumeStatus> Volumes,
    int PinCount,
    JournalStatus Journal);
