using System.Runtime.InteropServices;
using DaxEmu.Abi;
using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>A session's queue pair.</summary>
internal sealed class QueuePairObject : IEventTarget
{
    private readonly Lock _doorbellLock = new();
    private bool _isGone;
    private int _events;

    /// <summary>Its handle: the bit in the doorbell.</summary>
    public required uint Handle { get; init; }

    /// <summary>The NIC's.</summary>
    public required QueuePair Pair { get; init; }

    /// <summary>Its send ring.</summary>
    public required RingMemory SendRing { get; init; }

    /// <summary>Its receive ring, or null when it takes receives from a shared receive queue.</summary>
    public required RingMemory? ReceiveRing { get; init; }

    /// <summary>The client's name of it, in events.</summary>
    public required ulong UserHandle { get; init; }

    /// <summary>Gets its events.</summary>
    public required EventChannel AsyncChannel { get; init; }

    /// <summary>The session's.</summary>
    public required SessionDoorbell Doorbell { get; init; }

    /// <inheritdoc/>
    public void OnCompletion()
    {
    }

    /// <inheritdoc/>
    public void OnAsyncEvent(uint eventType)
    {
        ShowState();
        ib_uverbs_async_event_desc description = new() { element = UserHandle, event_type = eventType };
        AsyncChannel.Send(MemoryMarshal.AsBytes(new ReadOnlySpan<ib_uverbs_async_event_desc>(in description)), ref _events);
    }

    /// <inheritdoc/>
    public void OnDrainNeeded()
    {
        ShowState();
        Doorbell.Kick(Handle);
    }

    /// <summary>Shows the state in the doorbell memory, unless that is gone.</summary>
    public void ShowState()
    {
        lock (_doorbellLock)
        {
            if (!_isGone)
            {
                Doorbell.ShowState(Handle, Pair.State);
            }
        }
    }

    /// <summary>Takes it out of the doorbell: its bit means nothing any more, and events do not touch that memory.</summary>
    public void Unhook()
    {
        lock (_doorbellLock)
        {
            _isGone = true;
            Doorbell.ShowState(Handle, ibv_qp_state.IBV_QPS_RESET);
            Doorbell.Remove(Handle);
        }
    }

    /// <summary>Takes back the events that the client has not read, and says how many it has.</summary>
    public uint WithdrawEvents() => AsyncChannel.End(UserHandle, ref _events);
}
