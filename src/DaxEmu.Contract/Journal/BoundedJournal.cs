using System.Collections.Immutable;

namespace DaxEmu.Contract;

/// <summary>
/// A journal in memory that keeps the newest events, a fixed number over all files. Appending takes no lock, so that decisions about
/// different files do not meet in it; a lookup reads the whole ring.
/// </summary>
public sealed class BoundedJournal : IContractJournal
{
    /// <summary>A few megabytes when full: hours of a busy daemon's registrations and refusals.</summary>
    public const int DefaultCapacity = 16_384;

    private readonly ContractEvent?[] _ring;
    private ImmutableArray<EventFollower> _followers = [];
    private long _lastSequence;

    /// <summary>Makes an empty journal.</summary>
    /// <param name="capacity">How many events it keeps, at least 1.</param>
    public BoundedJournal(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _ring = new ContractEvent?[capacity];
    }

    /// <inheritdoc/>
    public void Append(ContractEvent entry) => Number(entry);

    /// <summary>As <see cref="Append"/>, for a journal that keeps the event elsewhere as well.</summary>
    /// <returns>The event with its sequence number.</returns>
    public ContractEvent Number(ContractEvent entry)
    {
        ContractEvent numbered = entry with { Sequence = Interlocked.Increment(ref _lastSequence) };
        Keep(numbered);
        foreach (EventFollower follower in _followers)
        {
            follower.Offer(numbered);
        }

        return numbered;
    }

    /// <summary>Takes over what another journal kept, before the first <see cref="Append"/>; numbers go on from there.</summary>
    /// <param name="events">Its events, with their numbers.</param>
    public void Restore(IEnumerable<ContractEvent> events)
    {
        foreach (ContractEvent entry in events)
        {
            Keep(entry);
            _lastSequence = Math.Max(_lastSequence, entry.Sequence);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ContractEvent> Of(FileIdentity? file = null)
    {
        List<ContractEvent> found = [];
        for (int slot = 0; slot < _ring.Length; slot++)
        {
            if (Volatile.Read(ref _ring[slot]) is ContractEvent entry && (file is null || entry.File == file))
            {
                found.Add(entry);
            }
        }

        found.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return found;
    }

    /// <inheritdoc/>
    public EventFollower Follow()
    {
        EventFollower follower = new(gone => ImmutableInterlocked.Update(ref _followers, (all, f) => all.Remove(f), gone));
        ImmutableInterlocked.Update(ref _followers, (all, f) => all.Add(f), follower);
        return follower;
    }

    // A writer that was held up for a whole turn of the ring must not put an old event over a newer one.
    private void Keep(ContractEvent entry)
    {
        ref ContractEvent? slot = ref _ring[entry.Sequence % _ring.Length];
        ContractEvent? seen = Volatile.Read(ref slot);
        while (seen is null || seen.Sequence < entry.Sequence)
        {
            ContractEvent? before = Interlocked.CompareExchange(ref slot, entry, seen);
            if (ReferenceEquals(before, seen))
            {
                return;
            }

            seen = before;
        }
    }
}
