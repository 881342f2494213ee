using static DaxEmu.Abi.ibv_wc_flags;

namespace DaxEmu.Client;

/// <summary>What else a completion holds: <c>enum ibv_wc_flags</c>.</summary>
[Flags]
public enum CompletionFlags
{
    /// <summary>Nothing else.</summary>
    None = 0,

    /// <summary>A global route header precedes the data; not for connections (<c>IBV_WC_GRH</c>).</summary>
    GlobalRoute = (int)IBV_WC_GRH,

    /// <summary><see cref="WorkCompletion.Immediate"/> is valid (<c>IBV_WC_WITH_IMM</c>).</summary>
    WithImmediate = (int)IBV_WC_WITH_IMM,

    /// <summary><see cref="WorkCompletion.InvalidatedRKey"/> is valid (<c>IBV_WC_WITH_INV</c>).</summary>
    WithInvalidate = (int)IBV_WC_WITH_INV,
}
