using DaxEmu.Daemon.Audit.Facts;

namespace DaxEmu.Daemon.Audit.Sources;

/// <summary>RLIMIT_MEMLOCK, which every long-term pin is charged against.</summary>
internal static class MemoryLock
{
    internal static Finding? Judge(AuditFacts facts)
    {
        const string source = "locked-memory limit";
        return facts.Memory switch
        {
            { Exempt: true } => new(source, Exposure.No, "this user has CAP_IPC_LOCK"),
            { Bytes: null } => new(source, Exposure.No, "unlimited"),
            { Bytes: { } bytes } when bytes < facts.File.Size && !facts.File.IsDirectory => new(
                source, Exposure.Now, $"{bytes} bytes, less than the file has", "Registering the whole file fails with ENOMEM.",
                "ulimit -l unlimited, LimitMEMLOCK= in the service's unit, or CAP_IPC_LOCK."),
            { Bytes: { } bytes } => new(
                source, Exposure.Possible, $"{bytes} bytes for all pins of a process", "Registering more than that fails with ENOMEM.",
                "ulimit -l unlimited, LimitMEMLOCK= in the service's unit, or CAP_IPC_LOCK."),
        };
    }
}
