namespace DaxEmu.Device;

/// <summary>A queue pair as its worker sees it. All but <see cref="IsGone"/> belongs to the worker's thread.</summary>
/// <param name="number">The NIC's number of it.</param>
/// <param name="session">Its session's queue pairs with work.</param>
internal sealed class ScheduledQueuePair(uint number, ReadyQueue session)
{
    /// <summary>Not waiting in <see cref="BlockedQueue"/>.</summary>
    public const int NotBlocked = -1;

    private volatile bool _isGone;

    /// <summary>The NIC's number of it.</summary>
    public uint Number => number;

    /// <summary>Its session's queue pairs with work.</summary>
    public ReadyQueue Session => session;

    /// <summary>Set by the session when it is destroyed: the worker drops it when it comes across it.</summary>
    public bool IsGone
    {
        get => _isGone;
        set => _isGone = value;
    }

    /// <summary>The next in <see cref="ReadyQueue"/>.</summary>
    public ScheduledQueuePair? Next { get; set; }

    /// <summary>It is in <see cref="ReadyQueue"/>.</summary>
    public bool IsReady { get; set; }

    /// <summary>Its place in <see cref="BlockedQueue"/>, or <see cref="NotBlocked"/>.</summary>
    public int BlockedIndex { get; set; } = NotBlocked;

    /// <summary>When to look again, in nanoseconds of the worker's clock.</summary>
    public long WakeAt { get; set; }
}
