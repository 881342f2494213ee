using DaxEmu.Contract;
using static DaxEmu.Abi.linux_falloc;

namespace DaxEmu.Guards.PreContent;

/// <summary>What the modes of fallocate(2) are to the contract.</summary>
internal static class AllocationModes
{
    /// <summary>The operation, or null: allocating blocks, within the file or past its end, takes none away.</summary>
    internal static LayoutOperationKind? KindOf(uint mode) => (mode & ~FALLOC_FL_KEEP_SIZE) switch
    {
        FALLOC_FL_PUNCH_HOLE => LayoutOperationKind.PunchHole,
        FALLOC_FL_ZERO_RANGE or FALLOC_FL_WRITE_ZEROES => LayoutOperationKind.ZeroRange,
        FALLOC_FL_COLLAPSE_RANGE => LayoutOperationKind.CollapseRange,
        FALLOC_FL_INSERT_RANGE => LayoutOperationKind.InsertRange,
        FALLOC_FL_UNSHARE_RANGE => LayoutOperationKind.Exchange,
        _ => null,
    };
}
