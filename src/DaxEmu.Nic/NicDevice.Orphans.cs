using DaxEmu.Contract;

namespace DaxEmu.Nic;

/// <summary>Regions that keep pages which leave their file: see <see cref="Policy.Legacy"/>.</summary>
public sealed partial class NicDevice
{
    // Pins whose pages were to be kept before their region was there: it is to be made anew.
    private readonly HashSet<long> _detachedEarly = [];

    /// <summary>
    /// The region whose pages are to be kept. Null when a pin has none yet, or none any more: one that is being registered is then registered anew,
    /// so that it has the pages which the file has afterwards.
    /// </summary>
    public MemoryRegion? FindRegionToKeep(Pin pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        lock (_lock)
        {
            MemoryRegion? region = FindByPin(pin);
            if (region is null)
            {
                _detachedEarly.Add(pin.Id);
            }

            return region;
        }
    }

    /// <summary>
    /// Stops all access to regions: when it returns not a byte of them is read or written until it is disposed. Work requests that could
    /// reach them wait meanwhile, and none fails for it.
    /// </summary>
    /// <param name="regions">The regions.</param>
    /// <param name="limit">Gives up waiting for an engine that does not come to the end of a copy.</param>
    /// <exception cref="TimeoutException">It was given up: nothing is paused.</exception>
    public NicPause Pause(IEnumerable<MemoryRegion> regions, CancellationToken limit = default) =>
        new(_block, [.. regions.Select(r => r.Domain.Number).Distinct()], limit);

    /// <summary>
    /// Notes that pages of a region are no longer the file's; the caller has put others in their place, and a <see cref="Pause"/> of the region is
    /// under way. From now on their use is told to <see cref="INicEvents.OrphanTouched"/>.
    /// </summary>
    /// <param name="region">The region; one that is gone is let be.</param>
    /// <param name="pages">The pages, of a pin of this region.</param>
    public void KeepPages(MemoryRegion region, PinnedPages pages)
    {
        ArgumentNullException.ThrowIfNull(region);
        lock (_lock)
        {
            if (region.IsGone)
            {
                return;
            }

            OrphanPages orphans = PagesOf(region)!;
            foreach ((Pin pin, ulong offset) in region.Pins.Where(p => p.Pin.Id == pages.Pin.Id))
            {
                orphans.Add(PageAt(region, pin, offset, pages.Range.Start), pages.Range.Length / PageRounding.PageSize);
            }
        }
    }

    /// <summary>Tells the contract what was done to pages that left their file, as far as it has not been told: for <see cref="INicEvents.OrphanTouched"/>.</summary>
    /// <param name="key">The region's key.</param>
    /// <param name="offset">Offset in the region of the range to look at.</param>
    /// <param name="length">Its bytes.</param>
    public void ReportOrphans(uint key, ulong offset, ulong length)
    {
        if (FindRegion(key) is { } region)
        {
            ReportTouched(region, offset, length);
        }
    }

    /// <summary>
    /// The pages that were written through a pin since this was asked last; none the first time, when the device begins to note them.
    /// </summary>
    /// <returns>Whole pages of the file, by first byte.</returns>
    public IReadOnlyList<ByteRange> TakeWrites(Pin pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        ByteRange own = PageRounding.Touched(pin.Request.Range);
        OrphanPages pages;
        ulong[] firsts;
        lock (_lock)
        {
            if (FindByPin(pin) is not { } region)
            {
                return [];
            }

            // It is deregistered under the lock first.
            pages = PagesOf(region)!;
            firsts = [.. region.Pins.Where(p => p.Pin.Id == pin.Id).Select(p => PageAt(region, pin, p.Offset, own.Start))];
        }

        return
        [
            .. from first in firsts
               from touched in pages.TakeWritten(first, own.Length / PageRounding.PageSize)
               select ByteRange.OfLength(
                   own.Start + ((touched.First - first) * PageRounding.PageSize), touched.Count * PageRounding.PageSize),
        ];
    }

    /// <summary>From now on engines note which bytes they write through a pin, unless there is no memory for that: then it counts as never written.</summary>
    public void WatchWrites(Pin pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        if (FindByPin(pin) is { } region)
        {
            _ = BytesOf(region);
        }
    }

    /// <summary>
    /// As <see cref="IPinHolders.TakeWrites(Pin, ByteRange, DeviceWrites)"/>: without the lock of all, under which others wait for engines.
    /// </summary>
    public void TakeWrites(Pin pin, ByteRange pages, DeviceWrites written)
    {
        ArgumentNullException.ThrowIfNull(pin);
        ArgumentNullException.ThrowIfNull(written);
        if (FindByPin(pin) is not { } region || BytesOf(region) is not { } bytes)
        {
            return;
        }

        lock (region.MarksGate)
        {
            foreach (RegionPin held in region.Pins.Where(p => p.Pin.Id == pin.Id && !region.HasNoMarks))
            {
                bytes.Take(PageAt(region, pin, held.Offset, pages.Start), written.WordsOf(pages));
            }
        }
    }

    // The marks of a region, which engines begin to make now at the latest; null when it is gone.
    private OrphanPages? PagesOf(MemoryRegion region)
    {
        lock (region.MarksGate)
        {
            if (region.Orphans is null && !region.HasNoMarks)
            {
                int index = region.Mapping.Mapping;
                (nuint address, ulong length) = _mappings.RangeOf(index);
                region.Orphans = new OrphanPages(address, length);
                unsafe
                {
                    _mappings.SetOrphans(index, region.Orphans.Words);
                }
            }

            return region.Orphans;
        }
    }

    private WrittenBytes? BytesOf(MemoryRegion region)
    {
        lock (region.MarksGate)
        {
            if (region.Written is null && PagesOf(region) is not null && !region.HasNoMarks)
            {
                int index = region.Mapping.Mapping;
                (nuint address, ulong length) = _mappings.RangeOf(index);
                region.Written = WrittenBytes.TryCreate(address, length);
                if (region.Written is null)
                {
                    return null;
                }

                unsafe
                {
                    _mappings.SetWritten(index, region.Written.Bits);
                }
            }

            return region.Written;
        }
    }

    // A page of the file, counted from the one with the mapping's first byte: the first may begin before the region does.
    private ulong PageAt(MemoryRegion region, Pin pin, ulong offset, ulong start) =>
        (SlackOf(region) + offset + start - pin.Request.Range.Start) / PageRounding.PageSize;

    // From the start of the page with the mapping's first byte to the region's first.
    private ulong SlackOf(MemoryRegion region) => _mappings.SlackOf(region.Mapping.Mapping) + region.Mapping.Offset;

    private void ReportTouched(MemoryRegion region, ulong offset, ulong length)
    {
        if (region.Orphans is not { } orphans)
        {
            return;
        }

        ulong slack = SlackOf(region);
        ulong firstPage = (slack + offset) / PageRounding.PageSize;
        ulong lastPage = (slack + offset + length - 1) / PageRounding.PageSize;
        foreach (OrphanPages.Touched touched in orphans.Take(firstPage, lastPage - firstPage + 1))
        {
            ulong start = touched.First * PageRounding.PageSize;
            ulong end = start + (touched.Count * PageRounding.PageSize);
            ByteRange inRegion = new(start < slack ? 0 : start - slack, Math.Min(end - slack, region.Length));
            foreach ((Pin pin, ulong at) in region.Pins)
            {
                ByteRange pinned = inRegion.IntersectWith(ByteRange.OfLength(at, pin.Request.Range.Length));
                if (!pinned.IsEmpty)
                {
                    _contract.ReportDivergence(
                        pin,
                        ByteRange.OfLength(pin.Request.Range.Start + (pinned.Start - at), pinned.Length),
                        touched.IsWrite ? PinAccess.Write : PinAccess.Read);
                }
            }
        }
    }
}
