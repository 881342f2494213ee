using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>An engine as all processes see it; a cache line of its own.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct EngineSlot
{
    /// <summary>Odd while the engine is inside <see cref="NicEngine.Drain"/>.</summary>
    public ulong Sequence;

    /// <summary><see cref="BlockHeader.Grace"/> when it went in last.</summary>
    public ulong Entered;

    public int InUse;
}
