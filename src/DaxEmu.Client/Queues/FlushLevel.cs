using static DaxEmu.Abi.ib_selectivity_level;

namespace DaxEmu.Client;

/// <summary>Which bytes a flush is about: <c>enum ibv_selectivity_level</c>.</summary>
public enum FlushLevel
{
    /// <summary>The range that it names (<c>IBV_FLUSH_RANGE</c>).</summary>
    Range = (int)IB_FLUSH_RANGE,

    /// <summary>All of the region or window that its rkey names (<c>IBV_FLUSH_MR</c>).</summary>
    Region = (int)IB_FLUSH_MR,
}
