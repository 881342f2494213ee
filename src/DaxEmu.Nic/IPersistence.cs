namespace DaxEmu.Nic;

/// <summary>
/// Makes memory durable, for FLUSH. Called by engines inside their critical section: it must neither block nor allocate, so what takes
/// long goes on elsewhere.
/// </summary>
public interface IPersistence
{
    /// <summary>
    /// Begins to make a range durable, or asks how that stands. Called with the same arguments until it is not under way any more; a queue
    /// pair that gives up just does not ask again.
    /// </summary>
    /// <param name="queue">Index of the queue pair, below <see cref="NicOptions.MaxQueuePairs"/>: it has one flush at a time.</param>
    /// <param name="qpNumber">Its number, for <see cref="INicEvents.DrainNeeded"/>, to be raised when what was under way is over.</param>
    /// <param name="cookie">Its cookie, likewise.</param>
    /// <param name="range">What to make durable; mapped as long as its region is registered.</param>
    /// <param name="ticket">0 to begin; gets what to ask with.</param>
    /// <param name="errno">With <see cref="PersistState.Failed"/>: why.</param>
    PersistState Persist(uint queue, uint qpNumber, ulong cookie, MappedRange range, ref ulong ticket, out int errno);
}
