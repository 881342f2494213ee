namespace DaxEmu.Contract;

/// <summary>The policy legacy: what a device writes is not durable by fsync on a real kernel.</summary>
public sealed partial class FileContract
{
    /// <inheritdoc/>
    public bool HoldsBackWrites(FileIdentity file, string path) => policies.Resolve(file, path).Policy == Policy.Legacy;

    /// <inheritdoc/>
    public DeviceWrites? TakeWrites(FileIdentity file, string path, ByteRange pages)
    {
        List<Pin> pins = WritingPins(file);
        if (pins.Count == 0 || !HoldsBackWrites(file, path) || !_files.TryGetValue(file, out FileState? state))
        {
            return null;
        }

        DeviceWrites written = new(pages);
        foreach (Pin pin in pins)
        {
            ByteRange own = PageRounding.Touched(pin.Request.Range).IntersectWith(written.Pages);
            List<ByteRange> shared;
            lock (state.Gate)
            {
                // What has left the file is none of its pages.
                shared = own.IsEmpty ? [] : state.Orphans.Shared(pin, own);
            }

            holders.WatchWrites(pin);
            foreach (ByteRange range in shared)
            {
                holders.TakeWrites(pin, range, written);
            }
        }

        return written;
    }

    /// <inheritdoc/>
    public void Syncing(FileIdentity file, string path, Requester requester, IReadOnlyList<ByteRange>? heldBack)
    {
        List<Pin> pins = WritingPins(file);
        if (pins.Count == 0 || !HoldsBackWrites(file, path) || !_files.TryGetValue(file, out FileState? state))
        {
            return;
        }

        foreach (Pin pin in pins)
        {
            if (heldBack is not null)
            {
                holders.WatchWrites(pin);
            }

            IReadOnlyList<ByteRange> written = heldBack ?? holders.TakeWrites(pin);
            lock (state.Gate)
            {
                // What has left the file is not what the program asks for.
                ByteRange[] ranges = [.. written
                    .Select(w => w.IntersectWith(PageRounding.Touched(pin.Request.Range)))
                    .Where(w => !w.IsEmpty)
                    .SelectMany(w => state.Orphans.Shared(pin, w))
                    .Select(r => r.IntersectWith(pin.Request.Range))];
                if (ranges.Length > 0)
                {
                    ulong bytes = ranges.Aggregate(0UL, (sum, r) => sum + r.Length);
                    NotDurable told = new(time.GetUtcNow(), pin, [.. ranges.Take(NotDurable.MaxRanges)], bytes, requester);
                    journal.Append(told with { IsHeldBack = heldBack is not null });
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Nobody but a guard holds bytes back.</remarks>
    public int Persist(FileIdentity file, ByteRange range) => 0;

    private List<Pin> WritingPins(FileIdentity file) => [.. PinsOf(file).Where(p => p.Request.IsUnmarkedWriting)];
}
