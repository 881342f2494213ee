using System.Net;
using DaxEmu.Nic;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device.Tests;

/// <summary>A connection manager without device, sockets or clock: two addresses, one port.</summary>
internal sealed class CmRig : ICmPorts
{
    public const ushort Port = 7471;

    private static readonly CmPort OnlyPort = new(0, 1, 3, new Gid(((UInt128)0xffff << 32) | 0x7f00_0001), 0x1234);

    public CmRig() => Manager = new ConnectionManager(this, Time);

    public ManualTime Time { get; } = new();

    public ConnectionManager Manager { get; }

    public static CmAddress Local { get; } = CmAddress.Of(IPAddress.Loopback, Port);

    public CmPort? Loopback => OnlyPort;

    public int Find(CmAddress address, out CmPort? port)
    {
        bool known = IPAddress.IsLoopback(address.ToIPAddress()) || address.ToIPAddress().Equals(IPAddress.Parse("10.0.0.1"));
        port = known ? OnlyPort : null;
        return known ? 0 : EADDRNOTAVAIL;
    }

    public CmProgram NewProgram(uint user = 0, int maxObjects = 10_000) => new(
        this,
        new UserQuota(user, new DeviceServerOptions { SocketPath = "@none", MaxObjectsPerUser = maxObjects }, new MappingBudget(0)),
        user);
}
