using System.Threading.Channels;

namespace DaxEmu.Contract;

/// <summary>
/// The events appended to a journal since <see cref="IContractJournal.Follow"/>. A reader that falls behind loses the oldest ones, which
/// shows as a gap in <see cref="ContractEvent.Sequence"/>; it never holds up a decision.
/// </summary>
public sealed class EventFollower : IDisposable
{
    /// <summary>Events kept for a reader that is behind.</summary>
    public const int Capacity = 1024;

    private readonly Channel<ContractEvent> _events = Channel.CreateBounded<ContractEvent>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Action<EventFollower> _onStop;

    /// <summary>Makes a follower; for journals.</summary>
    /// <param name="onStop">Called when it is disposed, so that the journal lets go of it.</param>
    public EventFollower(Action<EventFollower> onStop) => _onStop = onStop;

    /// <summary>The events: of one file in order, of different files nearly so. Ends when the follower is disposed.</summary>
    public ChannelReader<ContractEvent> Events => _events.Reader;

    /// <summary>Hands an event over; for journals.</summary>
    public void Offer(ContractEvent entry) => _events.Writer.TryWrite(entry);

    /// <summary>Stops following.</summary>
    public void Dispose()
    {
        _events.Writer.TryComplete();
        _onStop(this);
    }
}
