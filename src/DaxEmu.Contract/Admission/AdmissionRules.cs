namespace DaxEmu.Contract;

/// <summary>
/// What a file must promise before a long-term pin on it is granted, beyond what the kernel of the table "May it be registered?" asks. By
/// default nothing: that kernel (6.1) pins pages of the page cache, whatever lies below them.
/// </summary>
/// <param name="Holes">Bytes that have no block yet, or one that was never written.</param>
/// <param name="SharedExtents">Blocks that a clone or a snapshot uses too.</param>
/// <param name="UnstableFiles">Filesystems and states of a file that move its blocks, or keep its bytes in another form.</param>
/// <param name="Mapping">What a store through the mapping must reach.</param>
/// <param name="Readers">Pins through a descriptor that is not open for writing.</param>
public sealed record AdmissionRules(
    HoleRule Holes = HoleRule.Allow,
    SharedExtentRule SharedExtents = SharedExtentRule.Allow,
    UnstableFileRule UnstableFiles = UnstableFileRule.Allow,
    MappingRule Mapping = MappingRule.Any,
    ReaderRule Readers = ReaderRule.Yield)
{
    /// <summary>What holds where nothing is configured.</summary>
    public static AdmissionRules Default { get; } = new();

    /// <summary>True when a decision needs to know where the file's bytes lie.</summary>
    internal bool AskForLayout =>
        Holes != HoleRule.Allow || SharedExtents != SharedExtentRule.Allow || UnstableFiles != UnstableFileRule.Allow;
}
