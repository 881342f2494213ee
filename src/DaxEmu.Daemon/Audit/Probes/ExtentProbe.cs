using DaxEmu.Abi;
using DaxEmu.Daemon.Audit.Facts;
using DaxEmu.Linux.Files;
using Microsoft.Win32.SafeHandles;
using static DaxEmu.Abi.linux_fiemap;
using static DaxEmu.Abi.unistd;

namespace DaxEmu.Daemon.Audit.Probes;

/// <summary>Where a file's bytes lie: FIEMAP, and SEEK_HOLE where there is none.</summary>
internal static class ExtentProbe
{
    // A million extents are a minute of reading; a file may have more, and its owner may have meant it to.
    private const int Enough = 1 << 20;

    /// <summary>Looks; null when it cannot be asked.</summary>
    public static ExtentFacts? Look(Target target)
    {
        if (target.IsDirectory || target.Readable is not { } file)
        {
            return null;
        }

        ExtentTally tally = new((long)target.Status.stx_size);
        return FromMap(file, tally) ? tally.Result(mapped: true) : FromHoles(file, tally) ? tally.Result(mapped: false) : null;
    }

    private static bool FromMap(SafeFileHandle file, ExtentTally tally)
    {
        fiemap_extent[] extents = new fiemap_extent[256];
        ulong next = 0;
        while (true)
        {
            int found = FileExtents.Read(file, next, extents);
            if (found <= 0)
            {
                return found == 0;
            }

            foreach (fiemap_extent extent in extents.AsSpan(0, found))
            {
                tally.Add(extent);
            }

            fiemap_extent last = extents[found - 1];
            ulong end = last.fe_logical + last.fe_length;
            if ((last.fe_flags & FIEMAP_EXTENT_LAST) != 0 || end <= next || end > long.MaxValue)
            {
                return true;
            }

            if (tally.Count >= Enough)
            {
                tally.StopsAt((long)end);
                return true;
            }

            next = end;
        }
    }

    private static bool FromHoles(SafeFileHandle file, ExtentTally tally)
    {
        long at = 0;
        while (tally.Count < Enough)
        {
            long data = FileContents.Seek(file, at, SEEK_DATA);
            long hole = data < 0 ? data : FileContents.Seek(file, data, SEEK_HOLE);
            if (hole <= at)
            {
                // ENXIO: no data behind it.
                return data == -errno.ENXIO;
            }

            tally.Add(new fiemap_extent { fe_logical = (ulong)data, fe_length = (ulong)(hole - data) });
            at = hole;
        }

        tally.StopsAt(at);
        return true;
    }
}
