namespace DaxEmu.Linux.Memory;

/// <summary>How a guarded access ended: <c>enum daxemu_fault</c> of native-shims/native/guard.h.</summary>
public enum GuardedCopyResult
{
    /// <summary>All of it was done.</summary>
    Done = 0,

    /// <summary>The source could not be read.</summary>
    SourceFault = 1,

    /// <summary>The destination could not be written, or read by an atomic operation.</summary>
    DestinationFault = 2,
}
