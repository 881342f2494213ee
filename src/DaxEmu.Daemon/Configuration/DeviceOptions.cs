namespace DaxEmu.Daemon.Configuration;

/// <summary>Section <c>Device</c>: the emulated RDMA device.</summary>
/// <param name="Name">Its name, as ibv_get_device_name(3) gives it.</param>
/// <param name="MaxQueuePairs">Queue pairs of all clients together.</param>
/// <param name="MaxCompletionQueues">Completion queues of all clients together.</param>
/// <param name="MaxMemoryRegions">Memory regions of all clients together.</param>
/// <param name="MaxSessions">Times that it may be open at once.</param>
internal sealed record DeviceOptions(string Name, int MaxQueuePairs, int MaxCompletionQueues, int MaxMemoryRegions, int MaxSessions);
