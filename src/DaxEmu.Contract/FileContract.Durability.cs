namespace DaxEmu.Contract;

/// <summary>The policy legacy: what a device writes is not durable by fsync on a real kernel.</summary>
public sealed partial class FileContract
{
    /// <inheritdoc/>
    public void Syncing(FileIdentity file, string path, Requester requester)
    {
        List<Pin> pins = [.. PinsOf(file).Where(p => p.Request.Access.HasFlag(PinAccess.Write) && p.Request.Mapping == PinMapping.PageCache)];
        if (pins.Count == 0 || policies.Resolve(file, path).Policy != Policy.Legacy || !_files.TryGetValue(file, out FileState? state))
        {
            return;
        }

        foreach (Pin pin in pins)
        {
            IReadOnlyList<ByteRange> written = holders.TakeWrites(pin);
            lock (state.Gate)
            {
                // What has left the file is not what the program asks for.
                ByteRange[] ranges = [.. written.SelectMany(w => state.Orphans.Shared(pin, w)).Select(r => r.IntersectWith(pin.Request.Range))];
                if (ranges.Length > 0)
                {
                    ulong bytes = ranges.Aggregate(0UL, (sum, r) => sum + r.Length);
                    journal.Append(new NotDurable(time.GetUtcNow(), pin, [.. ranges.Take(NotDurable.MaxRanges)], bytes, requester));
                }
            }
        }
    }
}
