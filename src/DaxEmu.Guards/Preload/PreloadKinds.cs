using DaxEmu.Contract;
using static DaxEmu.Abi.daxemu_device;

namespace DaxEmu.Guards.Preload;

/// <summary>The kinds of layout operation as a client names them: enum daxemu_guard_kind.</summary>
internal static class PreloadKinds
{
    /// <summary>What a client means; null when it means nothing.</summary>
    internal static LayoutOperationKind? Of(uint kind) => kind switch
    {
        DAXEMU_GUARD_TRUNCATE => LayoutOperationKind.Truncate,
        DAXEMU_GUARD_OPEN_TRUNCATE => LayoutOperationKind.OpenTruncate,
        DAXEMU_GUARD_PUNCH_HOLE => LayoutOperationKind.PunchHole,
        DAXEMU_GUARD_ZERO_RANGE => LayoutOperationKind.ZeroRange,
        DAXEMU_GUARD_COLLAPSE_RANGE => LayoutOperationKind.CollapseRange,
        DAXEMU_GUARD_INSERT_RANGE => LayoutOperationKind.InsertRange,
        DAXEMU_GUARD_REFLINK_INTO => LayoutOperationKind.ReflinkInto,
        DAXEMU_GUARD_REFLINK_FROM => LayoutOperationKind.ReflinkFrom,
        DAXEMU_GUARD_DEDUPE => LayoutOperationKind.Dedupe,
        DAXEMU_GUARD_EXCHANGE => LayoutOperationKind.Exchange,
        DAXEMU_GUARD_DAX_FLAG => LayoutOperationKind.DaxFlagChange,
        _ => null,
    };
}
