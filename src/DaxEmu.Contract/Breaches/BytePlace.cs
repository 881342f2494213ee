namespace DaxEmu.Contract;

/// <summary>Where bytes of a file lie.</summary>
/// <param name="State">What lies under them.</param>
/// <param name="Block">Offset of the first of them on the device, in bytes; null when they have no block, or it is not known.</param>
/// <param name="IsShared">Another file uses the block too.</param>
/// <param name="IsDax">The file has the flag FS_XFLAG_DAX.</param>
public readonly record struct BytePlace(ByteState State, ulong? Block = null, bool IsShared = false, bool IsDax = false)
{
    /// <summary>Where the bytes behind the first few of them lie.</summary>
    /// <param name="bytes">How many are left out.</param>
    public BytePlace After(ulong bytes) => this with { Block = Block + bytes };

    /// <summary>For messages, such as <c>a block at 8192</c>.</summary>
    public override string ToString()
    {
        string kind = IsShared ? "a shared block" : "a block";
        string block = Block is { } at ? $"{kind} at {at}" : kind;
        string place = State switch
        {
            ByteState.BeyondEnd => "beyond the end of the file",
            ByteState.Hole => "a hole",
            ByteState.Unwritten => $"{block}, never written",
            ByteState.Cached => "data without a block yet",
            _ => block,
        };
        return IsDax ? $"{place} (DAX flag)" : place;
    }
}
