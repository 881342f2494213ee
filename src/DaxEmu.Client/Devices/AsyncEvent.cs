namespace DaxEmu.Client;

/// <summary>Something that happened outside any work request: <c>struct ibv_async_event</c>.</summary>
/// <param name="Type">What happened.</param>
/// <param name="QueuePair">The queue pair it happened to, for the types named after one, unless it is disposed by now.</param>
/// <param name="CompletionQueue">The completion queue it happened to, likewise.</param>
/// <param name="MemoryRegion">The region that is asked for (<see cref="AsyncEventType.LeaseBreak"/>), likewise.</param>
public sealed record AsyncEvent(
    AsyncEventType Type, QueuePair? QueuePair, CompletionQueue? CompletionQueue, MemoryRegion? MemoryRegion = null);
