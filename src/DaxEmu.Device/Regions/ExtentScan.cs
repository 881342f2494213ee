using DaxEmu.Abi;
using DaxEmu.Contract;
using static DaxEmu.Abi.linux_fiemap;

namespace DaxEmu.Device;

/// <summary>Picks out of a file's extents what admission asks about a range.</summary>
/// <param name="range">The range.</param>
internal sealed class ExtentScan(ByteRange range)
{
    /// <summary>Where to look on.</summary>
    public ulong Next { get; private set; } = range.Start;

    /// <summary>The first hole.</summary>
    public ByteRange? Hole { get; private set; }

    /// <summary>The first unwritten extent.</summary>
    public ByteRange? Unwritten { get; private set; }

    /// <summary>The first shared extent.</summary>
    public ByteRange? Shared { get; private set; }

    /// <summary>What the extents say of the file.</summary>
    public FileInstabilities Instabilities { get; private set; }

    /// <summary>Adds the extent that begins at or holds <see cref="Next"/>, or the next behind it.</summary>
    public void Add(fiemap_extent extent)
    {
        ByteRange bytes = ByteRange.OfLength(extent.fe_logical, extent.fe_length).IntersectWith(range);
        if (Next < range.End && extent.fe_logical > Next)
        {
            Hole ??= new(Next, Math.Min(extent.fe_logical, range.End));
        }

        if (!bytes.IsEmpty)
        {
            Unwritten ??= Has(extent, FIEMAP_EXTENT_UNWRITTEN) ? bytes : null;
            Shared ??= Has(extent, FIEMAP_EXTENT_SHARED) ? bytes : null;
            bool isEncrypted = Has(extent, FIEMAP_EXTENT_DATA_ENCRYPTED);

            // Encrypted extents are marked encoded too on some filesystems.
            Instabilities |= isEncrypted ? FileInstabilities.Encrypted
                : Has(extent, FIEMAP_EXTENT_ENCODED) ? FileInstabilities.Compressed : FileInstabilities.None;
            Instabilities |= Has(extent, FIEMAP_EXTENT_DATA_INLINE) ? FileInstabilities.Inline : FileInstabilities.None;
        }

        // An extent of no length would be met for ever.
        Next = Math.Max(Next + 1, extent.fe_logical + extent.fe_length);
    }

    /// <summary>There are no more.</summary>
    public void End()
    {
        if (Next < range.End)
        {
            Hole ??= new(Next, range.End);
            Next = range.End;
        }
    }

    private static bool Has(fiemap_extent extent, uint flag) => (extent.fe_flags & flag) != 0;
}
