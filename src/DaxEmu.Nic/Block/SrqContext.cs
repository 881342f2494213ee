using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>A shared receive queue as the engines know it. <see cref="Lock"/> guards all else once it is in use.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SrqContext
{
    public int Lock;
    public uint Error;
    public uint MaxSge;

    /// <summary>IBV_EVENT_SRQ_LIMIT_REACHED is due when fewer receives than this are left; 0: not armed.</summary>
    public uint Limit;

    public RingContext Ring;
    public ulong Cookie;
}
