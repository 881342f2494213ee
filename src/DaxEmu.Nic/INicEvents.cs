namespace DaxEmu.Nic;

/// <summary>
/// What the NIC tells its host. Called on the thread that drains or modifies, with no lock of the NIC's held and no engine inside its
/// critical section, so a handler may call back into the NIC; it must not block, for it delays the queue pair being drained.
/// </summary>
public interface INicEvents
{
    /// <summary>An armed completion queue got a completion; it is disarmed now (ibv_get_cq_event(3)).</summary>
    /// <param name="cqNumber"><see cref="CompletionQueue.Number"/>.</param>
    /// <param name="cookie">As given at creation.</param>
    void CompletionEvent(uint cqNumber, ulong cookie);

    /// <summary>An asynchronous event (ibv_get_async_event(3)).</summary>
    /// <param name="eventType">
    /// A value of <c>enum ibv_event_type</c>; IBV_EVENT_CQ_ERR names a completion queue, IBV_EVENT_SRQ_ERR and
    /// IBV_EVENT_SRQ_LIMIT_REACHED a shared receive queue, all others a queue pair.
    /// </param>
    /// <param name="number">Number of the object.</param>
    /// <param name="cookie">As given at its creation.</param>
    void AsyncEvent(uint eventType, uint number, ulong cookie);

    /// <summary>
    /// Something other than a post gave a queue pair work to do, such as an error that changed its state: <see cref="NicEngine.Drain"/> it
    /// soon.
    /// </summary>
    /// <param name="qpNumber">The queue pair.</param>
    /// <param name="cookie">As given at creation.</param>
    void DrainNeeded(uint qpNumber, ulong cookie);

    /// <summary>
    /// A copy met memory that is no longer there, such as a page that a truncate took away. The work request has failed already.
    /// </summary>
    /// <param name="key">The region's key; <see cref="NicDevice.FindRegion"/> has the region while it lives.</param>
    /// <param name="offset">Offset in the region of a byte that could not be reached.</param>
    /// <param name="errno">Why not, such as ENOSPC; 0 when it is not there.</param>
    void MemoryFault(uint key, ulong offset, int errno);

    /// <summary>A persistent flush could not make bytes durable. The work request has failed already.</summary>
    /// <param name="key">The region's key.</param>
    /// <param name="offset">Offset in the region of the first byte that was to be.</param>
    /// <param name="errno">Why not, such as EIO.</param>
    void FlushFailed(uint key, ulong offset, int errno)
    {
    }

    /// <summary>
    /// A page was used that left its file and that its region keeps (<see cref="NicDevice.KeepPages"/>): for the first time, or for the first time in this
    /// direction. <see cref="NicDevice.ReportOrphans"/> has the rest.
    /// </summary>
    /// <param name="key">The region's key.</param>
    /// <param name="offset">Offset in the region of the range that was used.</param>
    /// <param name="length">Its bytes.</param>
    void OrphanTouched(uint key, ulong offset, uint length);
}
