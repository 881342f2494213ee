using DaxEmu.Abi;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device;

/// <summary>Checks the segments that a client says its memory consists of, and cuts them to what is registered.</summary>
internal static class ClientSegments
{
    /// <summary>The parts of the segments that hold a range: next to one another, none overlapping another.</summary>
    /// <param name="segments">As the client said; in order of their addresses.</param>
    /// <param name="start">First byte of the range, in the client.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="needed">PROT_* that each must have.</param>
    /// <returns>
    /// The parts, as many as segments; EFAULT when the segments do not hold the range, or not with that protection; EINVAL when they do not
    /// lie next to one another or do not meet on pages.
    /// </returns>
    public static NicResult<daxemu_segment[]> Cut(ReadOnlySpan<daxemu_segment> segments, ulong start, ulong length, int needed)
    {
        daxemu_segment[] parts = new daxemu_segment[segments.Length];
        ulong at = start;
        ulong left = length;
        for (int i = 0; i < segments.Length; i++)
        {
            NicResult<daxemu_segment> part = CutOne(segments[i], at, left, i == 0, i == segments.Length - 1);
            if (!part.IsOk)
            {
                return part.Error;
            }

            if ((segments[i].protection & needed) != needed)
            {
                return new NicError(
                    EFAULT, $"the program's mapping at 0x{segments[i].address:x} does not allow the access that the memory region asks for");
            }

            parts[i] = part.Value;
            at += part.Value.length;
            left -= part.Value.length;
        }

        return parts;
    }

    private static NicResult<daxemu_segment> CutOne(daxemu_segment segment, ulong at, ulong left, bool isFirst, bool isLast)
    {
        ulong skipped = at - segment.address;
        if (!isFirst && skipped != 0)
        {
            return new NicError(EINVAL, $"a segment begins at 0x{segment.address:x}; the one before it ends at 0x{at:x}");
        }

        if (at < segment.address || skipped >= segment.length || (isLast && left > segment.length - skipped))
        {
            return new NicError(EFAULT, $"the segment at 0x{segment.address:x} does not hold the {left} bytes at 0x{at:x}");
        }

        ulong length = isLast ? left : segment.length - skipped;
        if (length > left || (!isLast && length == left))
        {
            return new NicError(EINVAL, $"the segments after the one at 0x{segment.address:x} lie behind the memory region");
        }

        if (segment.offset > long.MaxValue || segment.length > long.MaxValue - segment.offset)
        {
            return new NicError(EINVAL, $"the memory lies past the largest file offset, at {segment.offset}");
        }

        ulong offset = segment.offset + skipped;
        ulong page = (ulong)Environment.SystemPageSize;
        return (!isFirst && offset % page != 0) || (!isLast && (offset + length) % page != 0)
            ? new NicError(EINVAL, $"the segment at 0x{segment.address:x} does not meet its neighbour on a page of its file")
            : segment with { address = at, length = length, offset = offset };
    }
}
