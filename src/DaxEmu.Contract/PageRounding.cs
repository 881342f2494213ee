namespace DaxEmu.Contract;

/// <summary>Which pages an operation takes from a file.</summary>
public static class PageRounding
{
    /// <summary>The page of the machine's page cache.</summary>
    public static ulong PageSize { get; } = (ulong)Environment.SystemPageSize;

    /// <summary>
    /// The pages that lie in a range with all their bytes. A page of which only a part is cut, punched or zeroed stays in the file, and its
    /// bytes there become zeros for file and device alike. The open end of a truncate takes the page with the end of the file whole.
    /// </summary>
    internal static ByteRange Whole(ByteRange range)
    {
        ulong start = range.Start > ulong.MaxValue - PageSize ? ulong.MaxValue : (range.Start + PageSize - 1) & ~(PageSize - 1);
        ulong end = range.End == ulong.MaxValue ? ulong.MaxValue : range.End & ~(PageSize - 1);
        return start < end ? new(start, end) : new(start, start);
    }

    /// <summary>The pages that hold a byte of a range.</summary>
    public static ByteRange Touched(ByteRange range)
    {
        ulong end = range.End > ulong.MaxValue - PageSize ? ulong.MaxValue : (range.End + PageSize - 1) & ~(PageSize - 1);
        return new(range.Start & ~(PageSize - 1), end);
    }

    /// <summary>
    /// True when the operation drops the file's pages in its range. Sharing a file's blocks with another leaves its pages; a change of the
    /// DAX flag takes effect when the file is not in use any more.
    /// </summary>
    internal static bool TakesPages(LayoutOperationKind kind) => kind is not (LayoutOperationKind.ReflinkFrom or LayoutOperationKind.DaxFlagChange);
}
