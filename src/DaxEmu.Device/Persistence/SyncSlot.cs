using DaxEmu.Nic;

namespace DaxEmu.Device;

/// <summary>What a queue pair wants made durable.</summary>
internal struct SyncSlot
{
    public SyncState State;

    /// <summary>The queue pair asked anew while what it had asked before, and gave up, still ran.</summary>
    public bool IsWantedAgain;

    public ulong Ticket;
    public MappedRange Range;
    public uint QpNumber;
    public ulong Cookie;

    /// <summary>When done: 0, or why not.</summary>
    public int Errno;
}

/// <summary>How it stands.</summary>
internal enum SyncState
{
    Idle,
    Queued,
    Running,
    Done,
}
