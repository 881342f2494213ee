using static DaxEmu.Abi.ibv_mw_type;

namespace DaxEmu.Client;

/// <summary>Kinds of memory windows: <c>enum ibv_mw_type</c>.</summary>
public enum MemoryWindowType
{
    /// <summary>Serves all queue pairs of its protection domain; may be bound again while it is bound (<c>IBV_MW_TYPE_1</c>).</summary>
    One = (int)IBV_MW_TYPE_1,

    /// <summary>Serves the queue pair it is bound on; either side can invalidate it (<c>IBV_MW_TYPE_2</c>).</summary>
    Two = (int)IBV_MW_TYPE_2,
}
