using DaxEmu.Contract;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>A row of the matrix: an operation that takes blocks away from a file.</summary>
/// <param name="Name">As the document has it.</param>
/// <param name="Word">Its name among the callers, which also tells what is older than the pin there.</param>
/// <param name="Filesystem">One that has it.</param>
/// <param name="Kind">What a guard must name it in the journal.</param>
internal sealed record CoveredOperation(string Name, string Word, string Filesystem, LayoutOperationKind Kind)
{
    /// <summary>The first Linux with XFS_IOC_EXCHANGE_RANGE.</summary>
    public static readonly Version ExchangeRange = new(6, 10);

    /// <summary>The rows.</summary>
    public static IReadOnlyList<CoveredOperation> All { get; } =
    [
        new("truncate", "truncate", "ext4", LayoutOperationKind.Truncate),
        new("ftruncate, on a descriptor older than the pin", "ftruncate-old", "xfs", LayoutOperationKind.Truncate),
        new("ftruncate, of a file that the caller has mapped", "ftruncate-mapped", "btrfs", LayoutOperationKind.Truncate),
        new("open, `O_TRUNC`", "open-truncate", "ext4", LayoutOperationKind.OpenTruncate),
        new("creat", "creat", "xfs", LayoutOperationKind.OpenTruncate),
        new("fallocate, `FALLOC_FL_PUNCH_HOLE`", "punch", "ext4", LayoutOperationKind.PunchHole),
        new("... on a descriptor older than the pin", "punch-old", "btrfs", LayoutOperationKind.PunchHole),
        new("fallocate, `FALLOC_FL_ZERO_RANGE`", "zero", "ext4", LayoutOperationKind.ZeroRange),
        new("fallocate, `FALLOC_FL_COLLAPSE_RANGE`", "collapse", "ext4", LayoutOperationKind.CollapseRange),
        new("fallocate, `FALLOC_FL_INSERT_RANGE`", "insert", "xfs", LayoutOperationKind.InsertRange),
        new("fallocate, `FALLOC_FL_UNSHARE_RANGE`", "unshare", "xfs", LayoutOperationKind.Exchange) { IsShared = true },
        new("`FICLONE`, as destination", "clone-into", "xfs", LayoutOperationKind.ReflinkInto),
        new("`FICLONE`, as source", "clone-from", "xfs", LayoutOperationKind.ReflinkFrom),
        new("`FICLONERANGE`, as destination", "clone-range-into", "btrfs", LayoutOperationKind.ReflinkInto),
        new("`FICLONERANGE`, as source", "clone-range-from", "btrfs", LayoutOperationKind.ReflinkFrom),
        new("`FIDEDUPERANGE`, as destination", "dedupe-into", "btrfs", LayoutOperationKind.Dedupe),
        new("`FIDEDUPERANGE`, as source", "dedupe-from", "xfs", LayoutOperationKind.Dedupe),
        new("`EXT4_IOC_MOVE_EXT`", "move-extents", "ext4", LayoutOperationKind.Exchange),
        new("`EXT4_IOC_MOVE_EXT`, as donor", "move-extents-donor", "ext4", LayoutOperationKind.Exchange),
        new("`XFS_IOC_EXCHANGE_RANGE`", "exchange-range", "xfs", LayoutOperationKind.Exchange) { Since = ExchangeRange },
        new("copy_file_range, as destination", "copy-into", "xfs", LayoutOperationKind.ReflinkInto),
        new("copy_file_range, as source", "copy-from", "btrfs", LayoutOperationKind.ReflinkFrom),
        new("madvise, `MADV_REMOVE`", "madv-remove", "ext4", LayoutOperationKind.PunchHole),
        new("... on a mapping older than the pin", "madv-remove-old", "xfs", LayoutOperationKind.PunchHole),
        new("change of `FS_XFLAG_DAX`", "dax-flag", "xfs", LayoutOperationKind.DaxFlagChange),
    ];

    /// <summary>The first Linux that has it.</summary>
    public Version Since { get; private init; } = new(0, 0);

    /// <summary>Whether it is ftruncate, which io_uring learnt after the others.</summary>
    public bool IsFtruncate => Word is "ftruncate-old" or "ftruncate-mapped";

    /// <summary>Whether the file must share its blocks with another before: there is nothing to unshare otherwise.</summary>
    public bool IsShared { get; private init; }
}
