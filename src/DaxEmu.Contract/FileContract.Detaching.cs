namespace DaxEmu.Contract;

/// <summary>The policy legacy: operations that proceed at once, while the regions keep the pages that leave the file.</summary>
public sealed partial class FileContract
{
    /// <inheritdoc/>
    public void ReportDivergence(Pin pin, ByteRange range, PinAccess access)
    {
        if (!_files.TryGetValue(pin.Request.File, out FileState? file))
        {
            return;
        }

        lock (file.Gate)
        {
            foreach ((ByteRange gone, LayoutOperation cause) in file.Orphans.CausesOf(pin, range.IntersectWith(pin.Request.Range)))
            {
                journal.Append(new Divergence(time.GetUtcNow(), pin, gone, access, cause));
            }
        }
    }

    // Under the gate. The operation is in flight from now on, so no pin is granted on pages that are about to go.
    private static DetachingOperation BeginDetaching(FileState file, LayoutOperation operation, PolicySetting policy)
    {
        List<Pin> pins = [.. file.Pins.Overlaps(operation.Range)];
        List<PinnedPages> pages = [];
        if (PageRounding.TakesPages(operation.Kind))
        {
            ByteRange taken = PageRounding.Whole(operation.Range);
            foreach (Pin pin in pins)
            {
                ByteRange own = PageRounding.Touched(pin.Request.Range).IntersectWith(taken);
                pages.AddRange(file.Orphans.Shared(pin, own).Select(range => new PinnedPages(pin, range)));
            }
        }

        file.Begin(operation.Range);
        return new(file, operation, policy, PinsInTheWay.Of(pins), pages);
    }

    private LayoutDecision Detach(DetachingOperation detaching)
    {
        ByteRange range = detaching.Operation.Range;
        PageDetachment detachment;
        try
        {
            detachment = detaching.Pages.Count > 0 ? holders.Detach(detaching.Operation, detaching.Pages) : new PageDetachment(null);
        }
        catch
        {
            End(detaching.File, range);
            throw;
        }

        string reason = PolicyVerdict.Reason(detaching.Operation, detaching.Pins, detaching.Policy);
        if (detachment.Errno != 0)
        {
            Decided(detaching, LayoutVerdict.Refuse, detachment.Errno);
            End(detaching.File, range);
            return new(LayoutVerdict.Refuse, detachment.Errno, $"{detachment.Reason} {reason}", null);
        }

        Decided(detaching, LayoutVerdict.Proceed, 0);
        return new(
            LayoutVerdict.Proceed, 0, reason, () => End(detaching.File, range), carriedOut => Settle(detaching, detachment, carriedOut));
    }

    // What the device does to the pages is reported from the moment the regions are open again: the cause must be known by then.
    private void Settle(DetachingOperation detaching, PageDetachment detachment, bool carriedOut)
    {
        try
        {
            if (carriedOut)
            {
                RecordOrphans(detaching, detachment.Kept ?? detaching.Pages);
            }
        }
        finally
        {
            detachment.Settle(carriedOut);
        }
    }

    private void RecordOrphans(DetachingOperation detaching, IReadOnlyList<PinnedPages> kept)
    {
        FileState file = detaching.File;
        lock (file.Gate)
        {
            HashSet<long> held = [.. file.Pins.Overlaps(detaching.Operation.Range).Select(p => p.Id)];
            foreach ((Pin pin, ByteRange pages) in kept.Where(p => held.Contains(p.Pin.Id)))
            {
                foreach (ByteRange gone in file.Orphans.Add(pin, pages, detaching.Operation))
                {
                    journal.Append(new PagesOrphaned(
                        time.GetUtcNow(), pin, gone.IntersectWith(pin.Request.Range), detaching.Operation));
                }
            }
        }
    }

    private void Decided(DetachingOperation detaching, LayoutVerdict verdict, int errno)
    {
        lock (detaching.File.Gate)
        {
            Decided(detaching.Operation, detaching.Pins, detaching.Policy, verdict, errno);
            if (verdict == LayoutVerdict.Proceed)
            {
                Invalidate(detaching.File, detaching.File.Yielding.Overlaps(detaching.Operation.Range), detaching.Operation);
            }
        }
    }
}
