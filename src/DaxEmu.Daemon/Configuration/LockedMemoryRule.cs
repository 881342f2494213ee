namespace DaxEmu.Daemon.Configuration;

/// <summary>What RLIMIT_MEMLOCK of a process means for the memory that it registers.</summary>
internal enum LockedMemoryRule
{
    /// <summary>As in the kernel: what is registered counts, CAP_IPC_LOCK exempts.</summary>
    Enforce,

    /// <summary>Nothing.</summary>
    Ignore,
}
