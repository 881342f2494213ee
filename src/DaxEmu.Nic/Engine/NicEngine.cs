namespace DaxEmu.Nic;

/// <summary>
/// Carries out work requests. One engine belongs to one thread; any number of engines, in any process that maps the block, may run at
/// the same time.
/// </summary>
public sealed class NicEngine : IDisposable
{
    /// <summary>Makes an engine.</summary>
    /// <param name="block">The NIC's state.</param>
    /// <param name="mappings">Where shared memory lies in this process.</param>
    /// <param name="memory">How to touch client memory.</param>
    /// <param name="events">Whom to tell.</param>
    /// <exception cref="InvalidOperationException">All <see cref="NicOptions.MaxEngines"/> slots are taken.</exception>
    public NicEngine(NicBlock block, MappingTable mappings, GuardedMemory memory, INicEvents events) => throw new NotImplementedException();

    /// <summary>
    /// Works on a queue pair for a bounded time: sends in order, or flushes when it is in error. Allocates nothing, makes no system call
    /// and never throws because of what a client wrote. A queue pair that does not exist (any more) is idle.
    /// </summary>
    /// <param name="qpNumber">The queue pair.</param>
    /// <param name="now">Nanoseconds of a monotonic clock, the same for all engines.</param>
    public DrainResult Drain(uint qpNumber, long now) => throw new NotImplementedException();

    /// <summary>Gives the engine's slot back.</summary>
    public void Dispose() => throw new NotImplementedException();
}
