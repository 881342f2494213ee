namespace DaxEmu.Daemon.Audit.Facts;

/// <summary>How much memory this user may pin.</summary>
/// <param name="Bytes">RLIMIT_MEMLOCK; null for no limit.</param>
/// <param name="Exempt">True with CAP_IPC_LOCK, for which the limit does not count.</param>
internal sealed record MemoryLimit(long? Bytes, bool Exempt);
