using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>A session's completion queue.</summary>
internal sealed class CompletionQueueObject : IEventTarget
{
    private int _completionEvents;
    private int _asyncEvents;

    /// <summary>The NIC's.</summary>
    public required CompletionQueue Queue { get; init; }

    /// <summary>Its ring; another one after resize_cq.</summary>
    public required RingMemory Ring { get; set; }

    /// <summary>The client's name of it, in events.</summary>
    public required ulong UserHandle { get; init; }

    /// <summary>Gets completion events, or null.</summary>
    public required EventChannel? Channel { get; init; }

    /// <summary>Gets asynchronous events.</summary>
    public required EventChannel AsyncChannel { get; init; }

    /// <inheritdoc/>
    public void OnCompletion()
    {
        ib_uverbs_comp_event_desc description = new() { cq_handle = UserHandle };
        Channel?.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<ib_uverbs_comp_event_desc>(in description)), ref _completionEvents);
    }

    /// <inheritdoc/>
    public void OnAsyncEvent(uint eventType)
    {
        ib_uverbs_async_event_desc description = new() { element = UserHandle, event_type = eventType };
        AsyncChannel.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<ib_uverbs_async_event_desc>(in description)), ref _asyncEvents);
    }

    /// <inheritdoc/>
    public void OnDrainNeeded()
    {
    }

    /// <summary>
    /// Takes back the events that the client has not read, and says how many it has: ibv_destroy_cq(3) waits until it has acknowledged
    /// that many.
    /// </summary>
    public ib_uverbs_destroy_cq_resp WithdrawEvents() => new()
    {
        comp_events_reported = Channel?.End(UserHandle, ref _completionEvents) ?? 0,
        async_events_reported = AsyncChannel.End(UserHandle, ref _asyncEvents),
    };
}
