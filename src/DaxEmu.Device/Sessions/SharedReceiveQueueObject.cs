using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>A session's shared receive queue.</summary>
internal sealed class SharedReceiveQueueObject : IEventTarget
{
    private int _events;

    /// <summary>The NIC's.</summary>
    public required SharedReceiveQueue Queue { get; init; }

    /// <summary>Its ring; another one after modify_srq.</summary>
    public required RingMemory Ring { get; set; }

    /// <summary>The client's name of it, in events.</summary>
    public required ulong UserHandle { get; init; }

    /// <summary>Gets its events.</summary>
    public required EventChannel AsyncChannel { get; init; }

    /// <inheritdoc/>
    public void OnCompletion()
    {
    }

    /// <inheritdoc/>
    public void OnAsyncEvent(uint eventType)
    {
        ib_uverbs_async_event_desc description = new() { element = UserHandle, event_type = eventType };
        AsyncChannel.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<ib_uverbs_async_event_desc>(in description)), ref _events);
    }

    /// <inheritdoc/>
    public void OnDrainNeeded()
    {
    }

    /// <summary>Takes back the events that the client has not read, and says how many it has.</summary>
    public uint WithdrawEvents() => AsyncChannel.End(UserHandle, ref _events);
}
