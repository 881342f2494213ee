using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux.Processes;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>How much memory this user may pin: RLIMIT_MEMLOCK and CAP_IPC_LOCK.</summary>
internal static class MemoryLimitProbe
{
    /// <summary>Looks.</summary>
    public static MemoryLimit Look()
    {
        MemoryLockLimit limit = MemoryLockLimit.Of(Environment.ProcessId);
        return new(limit.Bytes, limit.IsExempt);
    }
}
