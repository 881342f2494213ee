using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>Client memory that this process does not map: ranges of /proc/PID/mem, and of files, by their index in the mapping table.</summary>
public sealed unsafe class UnmappedMemory : IUnmappedMemory
{
    private const uint PlaceBytes = 16384;

    // The one allocation on this path: when a queue pair meets such memory for the first time.
    private readonly UnmappedPlace?[] _places;
    private readonly UnmappedRange?[] _ranges;

    /// <summary>Makes an empty one.</summary>
    /// <param name="queuePairs">The NIC's limit.</param>
    /// <param name="mappings">The mapping table's capacity.</param>
    public UnmappedMemory(int queuePairs, int mappings)
    {
        _places = new UnmappedPlace?[queuePairs];
        _ranges = new UnmappedRange?[mappings];
    }

    /// <inheritdoc/>
    public uint MaxBytes => PlaceBytes;

    /// <inheritdoc/>
    public byte* Claim(uint place)
    {
        // A copy that is under way still is an earlier owner's: a queue pair that was destroyed or reset. It is left to the copier.
        UnmappedPlace? own = _places[place];
        if (own is null || own.State == UnmappedCopy.UnderWay)
        {
            own = new UnmappedPlace(PlaceBytes);
            _places[place] = own;
        }

        return own.Buffer;
    }

    /// <inheritdoc/>
    public uint Read(uint place, int mapping, ulong offset, uint length) =>
        Begin(_places[place]!, UnmappedPlace.Kind.Read, mapping, offset, length);

    /// <inheritdoc/>
    public uint Write(uint place, int mapping, ulong offset, uint length) =>
        Begin(_places[place]!, UnmappedPlace.Kind.Write, mapping, offset, length);

    /// <inheritdoc/>
    public uint Atomic(uint place, int mapping, ulong offset, bool isCompareSwap, ulong compareAdd, ulong swap)
    {
        UnmappedPlace own = _places[place]!;
        own.CompareAdd = compareAdd;
        own.Swap = swap;
        return Begin(own, isCompareSwap ? UnmappedPlace.Kind.CompareSwap : UnmappedPlace.Kind.FetchAdd, mapping, offset, sizeof(ulong));
    }

    /// <inheritdoc/>
    public UnmappedCopy Look(uint place, uint ticket, out uint length, out byte* bytes)
    {
        UnmappedPlace? own = _places[place];
        bool isOwn = own is not null && own.Ticket == ticket;
        if (isOwn && !own!.IsGiven)
        {
            Give(own);
        }

        length = isOwn ? own!.Length : 0;
        bytes = isOwn ? own!.Buffer : null;
        return isOwn ? own!.State : UnmappedCopy.None;
    }

    /// <inheritdoc/>
    public int ErrnoOf(uint place) => _places[place]?.Errno ?? 0;

    /// <summary>Enters a range; the mapping table has an entry of that index, for memory that is not mapped.</summary>
    internal void Add(int mapping, UnmappedRange range) => Volatile.Write(ref _ranges[mapping], range);

    /// <summary>Takes a range out: no copy of it begins any more.</summary>
    internal void Remove(int mapping)
    {
        _ranges[mapping]?.Close();
        Volatile.Write(ref _ranges[mapping], null);
    }

    private uint Begin(UnmappedPlace place, UnmappedPlace.Kind kind, int mapping, ulong offset, uint length)
    {
        place.Ticket = place.Ticket == uint.MaxValue ? 1 : place.Ticket + 1;
        place.Copy = kind;
        place.Offset = offset;
        place.Length = length;
        place.Done = 0;
        place.Errno = 0;
        place.Range = Volatile.Read(ref _ranges[mapping]);
        place.State = UnmappedCopy.UnderWay;
        place.IsGiven = false;
        Give(place);
        return place.Ticket;
    }

    // A copier that has enough to do is asked again at the next look.
    private static void Give(UnmappedPlace place)
    {
        if (place.Range is null || place.Range.IsClosed)
        {
            place.State = place.Copy == UnmappedPlace.Kind.Read ? UnmappedCopy.ReadFailed : UnmappedCopy.WriteFailed;
            place.IsGiven = true;
            return;
        }

        place.IsGiven = place.Range.Copier.TryAdd(place);
    }
}
