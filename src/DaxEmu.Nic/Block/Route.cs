using System.Runtime.InteropServices;

namespace DaxEmu.Nic;

/// <summary>Where a datagram comes from and goes to: what its network header is made of.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Route
{
    public Gid Source;
    public Gid Destination;
    public uint FlowLabel;
    public byte TrafficClass;
    public byte HopLimit;

    /// <summary>RoCE v2 over IPv4, when both ends have such an address; else over IPv6.</summary>
    public readonly bool IsIPv4 => Source.IsIPv4 && Destination.IsIPv4;
}
