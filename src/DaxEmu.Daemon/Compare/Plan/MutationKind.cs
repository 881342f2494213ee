namespace DaxEmu.Daemon.Compare;

/// <summary>What a program does to a file.</summary>
internal enum MutationKind
{
    /// <summary>ftruncate(2) to a length below the file's own.</summary>
    Truncate,

    /// <summary>open(2) with O_TRUNC.</summary>
    OpenTruncate,

    /// <summary>fallocate(2) FALLOC_FL_PUNCH_HOLE.</summary>
    PunchHole,

    /// <summary>fallocate(2) FALLOC_FL_ZERO_RANGE.</summary>
    ZeroRange,

    /// <summary>fallocate(2) FALLOC_FL_COLLAPSE_RANGE.</summary>
    CollapseRange,

    /// <summary>fallocate(2) FALLOC_FL_INSERT_RANGE.</summary>
    InsertRange,

    /// <summary>ftruncate(2) to the file's first length.</summary>
    Grow,

    /// <summary>pwrite(2).</summary>
    Write,
}
