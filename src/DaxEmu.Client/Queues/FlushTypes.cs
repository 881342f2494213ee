using static DaxEmu.Abi.ib_placement_type;

namespace DaxEmu.Client;

/// <summary>What a flush makes of the writes that were posted before it: <c>enum ibv_placement_type</c>.</summary>
[Flags]
public enum FlushTypes
{
    /// <summary>Nothing: not a valid flush.</summary>
    None = 0,

    /// <summary>All processors and devices of the peer see them (<c>IBV_FLUSH_GLOBAL</c>).</summary>
    Global = (int)IB_FLUSH_GLOBAL,

    /// <summary>They survive a crash of the peer's machine (<c>IBV_FLUSH_PERSISTENT</c>).</summary>
    Persistent = (int)IB_FLUSH_PERSISTENT,
}
