using DaxEmu.Abi;
using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>Turns keys and addresses of work requests into addresses of this process.</summary>
/// <param name="block">Holds the region table.</param>
/// <param name="mappings">Where regions lie.</param>
internal sealed unsafe class RegionAccess(NicBlock block, MappingTable mappings)
{
    private bool _metOrphans;

    /// <summary>True when a range that was resolved since it was last read lies in a region that has pages which left their file.</summary>
    public bool MetOrphans
    {
        get
        {
            bool met = _metOrphans;
            _metOrphans = false;
            return met;
        }
    }

    /// <summary>
    /// The address of a range that a work request names; null when the key is not valid, of another protection domain or without the
    /// access asked for, or the range is not inside the region. Good until the engine leaves its critical section.
    /// </summary>
    /// <param name="range">Address, length and key.</param>
    /// <param name="domain">Protection domain of the queue pair that the range was given to.</param>
    /// <param name="access">IBV_ACCESS_* that the region must have; 0 for a local read.</param>
    /// <param name="responder">
    /// The queue pair that a peer's request names the range to; 0: the queue pair's own work request does, where a window is no use.
    /// </param>
    public byte* Resolve(in rxe_sge range, uint domain, uint access, uint responder = 0)
    {
        if (block.IsWindow(range.lkey))
        {
            return ResolveInWindow(range, domain, access, responder);
        }

        ref RegionContext region = ref block.RegionByKey(range.lkey);
        return IsReachedBy(ref region, range.lkey) && Grants(region, domain, access) ? Within(range, region) : null;
    }

    /// <summary>The region that a range that resolved lies in, and the offset there of a byte of the range.</summary>
    public (uint Key, ulong Offset) Locate(in rxe_sge range, ulong offsetInRange)
    {
        ref RegionContext entry = ref block.RegionByKey(range.lkey);
        if (!block.IsWindow(range.lkey))
        {
            return (range.lkey, range.addr - entry.Iova + offsetInRange);
        }

        RegionContext window = WindowLock.Read(ref entry);
        ulong start = window.Offset - block.RegionByKey(window.RegionKey).Offset;
        return (window.RegionKey, start + range.addr - window.Iova + offsetInRange);
    }

    /// <summary>All that a key of a peer's request reaches; false when the key is not valid or without the access.</summary>
    /// <param name="key">The rkey.</param>
    /// <param name="domain">Protection domain of the queue pair that serves it.</param>
    /// <param name="access">IBV_ACCESS_* it must have.</param>
    /// <param name="responder">That queue pair.</param>
    /// <param name="extent">A copy of the region's or window's entry.</param>
    public bool TryFind(uint key, uint domain, uint access, uint responder, out RegionContext extent)
    {
        if (block.IsWindow(key))
        {
            return FindWindow(key, domain, access, responder, out extent);
        }

        ref RegionContext region = ref block.RegionByKey(key);
        // The fields stand still until this engine's turn is over.
        bool isValid = IsReachedBy(ref region, key);
        extent = isValid ? region : default;
        return isValid && Grants(extent, domain, access);
    }

    /// <summary>Notes that pages which left their file were touched, and tells the host of those that it does not know of.</summary>
    /// <param name="range">A range that resolved; not all of it need have been touched.</param>
    /// <param name="isWrite">It was written; else read.</param>
    /// <param name="events">Gets the news.</param>
    public void NoteOrphans(in rxe_sge range, bool isWrite, PendingEvents events)
    {
        if (range.length == 0 || range.lkey == 0)
        {
            return;
        }

        (uint key, ulong offset) = Locate(range, 0);
        ref RegionContext region = ref block.RegionByKey(key);
        if (isWrite)
        {
            NoteWritten(region, offset, range.length);
        }

        uint* words = mappings.OrphansOf(region.Mapping);
        if (words is not null)
        {
            ulong start = StartOf(region, offset);
            if (OrphanPages.Touch(words, start / PageRounding.PageSize, (start + range.length - 1) / PageRounding.PageSize, isWrite))
            {
                events.OrphanTouched(key, offset, range.length);
            }
        }
    }

    /// <summary>Notes that bytes are about to be written; <see cref="NoteOrphans"/> does it again when they are.</summary>
    /// <param name="range">A range that resolved; not all of it need be written.</param>
    public void NoteWriting(in rxe_sge range)
    {
        if (range.length != 0 && range.lkey != 0)
        {
            (uint key, ulong offset) = Locate(range, 0);
            NoteWritten(block.RegionByKey(key), offset, range.length);
        }
    }

    private void NoteWritten(in RegionContext region, ulong offset, ulong length)
    {
        ulong* bits = mappings.WrittenOf(region.Mapping);
        if (bits is not null)
        {
            WrittenBytes.Note(bits, StartOf(region, offset), length);
        }
    }

    // Counted from the start of the page with the mapping's first byte.
    private ulong StartOf(in RegionContext region, ulong offset) => mappings.SlackOf(region.Mapping) + region.Offset + offset;

    // Acquire: pairs with the release in TryPublish. 0 is no key.
    private static bool IsReachedBy(ref RegionContext region, uint key) => key != 0 && Volatile.Read(ref region.Key) == key;

    private static bool Grants(in RegionContext extent, uint domain, uint access) =>
        extent.Domain == domain && (extent.AccessFlags & access) == access;

    private byte* ResolveInWindow(in rxe_sge range, uint domain, uint access, uint responder) =>
        FindWindow(range.lkey, domain, access, responder, out RegionContext window) ? Within(range, window) : null;

    // IBTA 10.6.7.2: a window serves the queue pairs of its protection domain, one of type 2 only the queue pair it was bound on.
    private bool FindWindow(uint key, uint domain, uint access, uint responder, out RegionContext window)
    {
        window = WindowLock.Read(ref block.RegionByKey(key));
        return window.Key == key
            && Grants(window, domain, access)
            && responder != 0
            && (window.Queue == 0 || window.Queue == responder);
    }

    private byte* Within(in rxe_sge range, in RegionContext region) => region.TryOffset(range.addr, range.length, out ulong offset)
        ? mappings.Resolve(region.Mapping, region.Offset + offset, range.length, ref _metOrphans)
        : null;
}
