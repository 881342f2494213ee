namespace DaxEmu.Daemon.Compare;

/// <summary>What was lost when the power was cut.</summary>
/// <param name="NotMeasured">Null, or why it was not measured.</param>
/// <param name="Completed">RDMA writes that were completed and nothing more; nobody promises that those last.</param>
/// <param name="Synced">RDMA writes that were completed before an fsync(2) of the file, which returned.</param>
/// <param name="Flushed">RDMA writes that were completed before an RDMA FLUSH of the range to persistence, which was completed too.</param>
internal sealed record CrashReport(string? NotMeasured, LostBytes? Completed, LostBytes? Synced, LostBytes? Flushed);
