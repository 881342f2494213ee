using DaxEmu.Abi;
using DaxEmu.Daemon.Audit.Facts;
using static DaxEmu.Abi.linux_fiemap;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>Adds up the extents of a file. What lies past its end is not the file's, and does not count.</summary>
/// <param name="size">Bytes in the file.</param>
internal sealed class ExtentTally(long size)
{
    private readonly Dictionary<uint, long> _bytes = [];
    private long _covered;
    private long _unseen;
    private bool _complete = true;

    /// <summary>Extents so far.</summary>
    public int Count { get; private set; }

    /// <summary>Adds one.</summary>
    public void Add(fiemap_extent extent)
    {
        long start = (long)Math.Min(extent.fe_logical, (ulong)size);
        long bytes = (long)Math.Min(extent.fe_length, (ulong)(size - start));
        if (bytes == 0)
        {
            return;
        }

        Count++;
        _covered += bytes;
        for (uint bit = 1; bit != 0; bit <<= 1)
        {
            if ((extent.fe_flags & bit) != 0)
            {
                _bytes[bit] = _bytes.GetValueOrDefault(bit) + bytes;
            }
        }
    }

    /// <summary>Says that what lies behind was not looked at.</summary>
    public void StopsAt(long offset) => (_unseen, _complete) = (Math.Max(0, size - offset), false);

    /// <summary>The sums.</summary>
    /// <param name="mapped">True when they come from the filesystem's own map.</param>
    public ExtentFacts Result(bool mapped)
    {
        long encrypted = Of(FIEMAP_EXTENT_DATA_ENCRYPTED);

        // Encrypted extents are marked encoded too on some filesystems.
        return new(
            mapped, _complete, Count, size - _unseen - _covered, Of(FIEMAP_EXTENT_UNWRITTEN), Of(FIEMAP_EXTENT_DELALLOC), Of(FIEMAP_EXTENT_SHARED),
            encrypted > 0 ? 0 : Of(FIEMAP_EXTENT_ENCODED), encrypted, Of(FIEMAP_EXTENT_DATA_INLINE));
    }

    private long Of(uint bit) => _bytes.GetValueOrDefault(bit);
}
