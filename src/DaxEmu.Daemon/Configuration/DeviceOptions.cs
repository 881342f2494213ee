using DaxEmu.Device;

namespace DaxEmu.Daemon.Configuration;

/// <summary>Sections <c>Device</c> and <c>Devices</c>: the emulated RDMA devices, and the limits of the NIC that they are views on.</summary>
/// <param name="Devices">What there is, at least one.</param>
/// <param name="MaxQueuePairs">Queue pairs of all clients together.</param>
/// <param name="MaxCompletionQueues">Completion queues of all clients together.</param>
/// <param name="MaxMemoryRegions">Memory regions of all clients together.</param>
/// <param name="MaxSessions">Open device files, of all devices together.</param>
/// <param name="MaxRegisteredMebibytesPerUser">Memory regions of one user.</param>
/// <param name="LockedMemory">What RLIMIT_MEMLOCK means for registered memory.</param>
internal sealed record DeviceOptions(
    IReadOnlyList<EmulatedDeviceOptions> Devices, int MaxQueuePairs, int MaxCompletionQueues, int MaxMemoryRegions, int MaxSessions,
    int MaxRegisteredMebibytesPerUser, LockedMemoryRule LockedMemory)
{
    /// <summary>Their names, for messages.</summary>
    public string Names => string.Join(", ", Devices.Select(d => d.Name));
}
