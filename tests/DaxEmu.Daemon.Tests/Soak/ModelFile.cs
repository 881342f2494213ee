using DaxEmu.Daemon.Compare;

namespace DaxEmu.Daemon.Tests.Soak;

/// <summary>What a file has, what is registered of it, and what the contract says to an operation. It knows nothing of how it is done.</summary>
internal sealed class ModelFile
{
    public const int MaxPages = 24;
    public const int MaxLength = MaxPages * ModelPage.Size;

    private readonly ModelPage[] _pages = [.. Enumerable.Range(0, MaxPages).Select(_ => new ModelPage())];

    public int Length { get; private set; }

    public string Policy { get; set; } = "deny";

    public List<ModelRegion> Regions { get; } = [];

    /// <summary>Keys of regions that went: what was reported of them may still come.</summary>
    public HashSet<uint> Gone { get; } = [];

    private int PageCount => (Length + ModelPage.Size - 1) / ModelPage.Size;

    /// <summary>The bytes that an operation takes from the file; null for one that takes none.</summary>
    public static (long Start, long End)? Reach(Mutation mutation) => mutation.Kind switch
    {
        MutationKind.Truncate or MutationKind.Grow => (mutation.Offset, long.MaxValue),
        MutationKind.OpenTruncate => (0, long.MaxValue),
        MutationKind.PunchHole or MutationKind.ZeroRange => (mutation.Offset, mutation.Offset + mutation.Length),
        _ => null,
    };

    public List<ModelRegion> Met(Mutation mutation) =>
        Reach(mutation) is { } reach ? [.. Regions.Where(r => r.Meets(reach.Start, reach.End))] : [];

    public void Forget(ModelRegion region)
    {
        Regions.Remove(region);
        Gone.Add(region.Memory.RKey);
    }

    public void Write(int offset, int length, byte value)
    {
        ForEachPage(offset, offset + length, (page, from, to) => _pages[page].Fill(from, to, value));
        Length = Math.Max(Length, offset + length);
    }

    /// <summary>Carries an operation out; regions that follow it follow.</summary>
    /// <param name="mutation">The operation.</param>
    /// <param name="keepsPages">Whether the regions that it meets keep the pages that leave the file.</param>
    public void Apply(Mutation mutation, bool keepsPages)
    {
        (long start, long end) = Reach(mutation) ?? throw new ArgumentException("it changes nothing", nameof(mutation));
        List<ModelRegion> met = Met(mutation);
        bool isTruncate = end == long.MaxValue;
        for (int page = 0; page < MaxPages; page++)
        {
            long first = (long)page * ModelPage.Size;
            int from = (int)Math.Clamp(start - first, 0, ModelPage.Size);
            int to = (int)Math.Clamp(end - first, 0, ModelPage.Size);
            if (from == 0 && to == ModelPage.Size)
            {
                Replace(page, keepsPages ? met : []);
            }
            else if (from < to && (!isTruncate || start < Length))
            {
                _pages[page].Fill(from, to, 0);
            }
        }

        if (isTruncate)
        {
            Length = (int)start;
        }
    }

    /// <summary>Whether the device reaches all of a part of a region.</summary>
    public bool Reaches(ModelRegion region, int offset, int length)
    {
        int first = (region.Start + offset) / ModelPage.Size;
        int last = (region.Start + offset + length - 1) / ModelPage.Size;
        return Enumerable.Range(first, last - first + 1).All(p => region.Orphans.ContainsKey(p) || p < PageCount);
    }

    /// <summary>The device writes.</summary>
    /// <param name="region">Through which region.</param>
    /// <param name="offset">First byte, counted from the region's first.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="value">The value of each.</param>
    /// <returns>Whether it succeeds; if not, what lies before the first page that is not there may have been written.</returns>
    public bool WriteByDevice(ModelRegion region, int offset, int length, byte value)
    {
        bool succeeds = Reaches(region, offset, length);
        region.Use(offset, length, isWrite: true, isCertain: succeeds);
        bool isPast = false;
        ForEachPage(region.Start + offset, region.Start + offset + length, (page, from, to) =>
        {
            bool isOrphan = region.Orphans.TryGetValue(page, out ModelPage? target);
            isPast |= !isOrphan && page >= PageCount;
            target ??= _pages[page];
            if (isPast)
            {
                return;
            }

            int end = isOrphan ? ModelPage.Size : Math.Clamp(Length - (page * ModelPage.Size), 0, ModelPage.Size);
            if (!succeeds)
            {
                target.MayFill(from, to, value);
            }
            else if (from < end)
            {
                target.Fill(from, Math.Min(to, end), value);
            }

            if (Math.Max(from, end) < to)
            {
                target.Unsettle(Math.Max(from, end), to);
            }
        });
        return succeeds;
    }

    /// <summary>Holds what read(2) gave against the file.</summary>
    /// <returns>What differs, as a sentence; or null.</returns>
    public string? CompareFile(ReadOnlySpan<byte> seen)
    {
        if (seen.Length != Length)
        {
            return $"the file has {seen.Length} bytes instead of {Length}";
        }

        for (int page = 0; page < PageCount; page++)
        {
            int first = page * ModelPage.Size;
            if (_pages[page].Compare(0, seen[first..Math.Min(first + ModelPage.Size, Length)]) is { } at)
            {
                return $"byte {first + at} of the file is 0x{seen[first + at]:x2} instead of 0x{_pages[page].Bytes[at]:x2}";
            }
        }

        return null;
    }

    /// <summary>Holds what the device read against the file, or against the pages that the region kept.</summary>
    public string? CompareRegion(ModelRegion region, int offset, ReadOnlySpan<byte> seen)
    {
        region.Use(offset, seen.Length, isWrite: false, isCertain: true);
        int done = 0;
        while (done < seen.Length)
        {
            int at = region.Start + offset + done;
            int page = at / ModelPage.Size;
            int from = at % ModelPage.Size;
            int count = Math.Min(ModelPage.Size - from, seen.Length - done);
            bool isOrphan = region.Orphans.TryGetValue(page, out ModelPage? shown);
            shown ??= _pages[page];

            // Behind the end of the file its last page has what it has.
            int compared = isOrphan ? count : Math.Clamp(Length - at, 0, count);
            if (shown.Compare(from, seen.Slice(done, compared)) is { } different)
            {
                return $"byte {(page * ModelPage.Size) + different} of the file is 0x{seen[done + different - from]:x2} to the device " +
                    $"instead of 0x{shown.Bytes[different]:x2}, through {region.Name}{(isOrphan ? ", which kept the page" : "")}";
            }

            done += count;
        }

        return null;
    }

    /// <summary>Parts of a region that the device reaches, as (offset, length).</summary>
    public IEnumerable<(int Offset, int Length)> Reachable(ModelRegion region)
    {
        int start = -1;
        int at = region.Start;
        while (at < region.End)
        {
            int next = Math.Min(((at / ModelPage.Size) + 1) * ModelPage.Size, region.End);
            bool reaches = Reaches(region, at - region.Start, 1);
            if (reaches && start < 0)
            {
                start = at;
            }
            else if (!reaches && start >= 0)
            {
                yield return (start - region.Start, at - start);
                start = -1;
            }

            at = next;
        }

        if (start >= 0)
        {
            yield return (start - region.Start, region.End - start);
        }
    }

    private void Replace(int page, List<ModelRegion> keepers)
    {
        // A page behind the end of the file, which the region lost under another policy, is nobody's to keep.
        foreach (ModelRegion region in keepers.Where(r => page < PageCount && r.Meets((long)page * ModelPage.Size, (page + 1L) * ModelPage.Size)))
        {
            region.Orphans.TryAdd(page, _pages[page]);
        }

        _pages[page] = new ModelPage();
    }

    private static void ForEachPage(int start, int end, Action<int, int, int> action)
    {
        for (int page = start / ModelPage.Size; page * ModelPage.Size < end; page++)
        {
            int first = page * ModelPage.Size;
            action(page, Math.Max(start - first, 0), Math.Min(end - first, ModelPage.Size));
        }
    }
}
