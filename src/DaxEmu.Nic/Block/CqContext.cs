using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>A completion queue as the engines know it. <see cref="Lock"/> guards all else once it is in use.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct CqContext
{
    public int Lock;
    public uint Error;
    public RingContext Ring;

    /// <summary>The client's consumer index when it was last read: it can only have moved on from there.</summary>
    public uint LastConsumer;

    public CqNotification Notification;
    public ulong Cookie;
    public ulong Lost;

    /// <summary>How many completions there were so far: the ordinal of the last one.</summary>
    public ulong Added;

    /// <summary>The ordinal of the last solicited or failed one.</summary>
    public ulong LastSolicited;

    /// <summary>The ordinal of the one that was the last when an event was raised.</summary>
    public ulong LastTold;

    public readonly bool IsInError => Error != 0;

    public readonly ulong LostCompletions => Lost;
}
