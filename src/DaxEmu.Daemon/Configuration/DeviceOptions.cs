namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Device</c>: the emulated RDMA device.</summary>
/// <param name="Name">Its name, as ibv_get_device_name(3) gives it.</param>
internal sealed record DeviceOptions(string Name);
