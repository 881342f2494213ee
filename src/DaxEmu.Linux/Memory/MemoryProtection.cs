using static DaxEmu.Abi.mman;

namespace DaxEmu.Linux.Memory;

/// <summary>What a mapping may be used for: the PROT_* bits of mmap(2).</summary>
[Flags]
public enum MemoryProtection
{
    /// <summary>Nothing.</summary>
    None = PROT_NONE,

    /// <summary>Loads.</summary>
    Read = PROT_READ,

    /// <summary>Stores.</summary>
    Write = PROT_WRITE,

    /// <summary>Loads and stores.</summary>
    ReadWrite = PROT_READ | PROT_WRITE,
}
