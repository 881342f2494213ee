using System.Net;
using DaxEmu.Abi;
using DaxEmu.Nic;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib;
using static DaxEmu.Abi.@in;
using static DaxEmu.Abi.rdma_user_cm;
using static DaxEmu.Device.Tests.CmProgram;

namespace DaxEmu.Device.Tests;

/// <summary>Addresses and ports of ids: cma_bind_port and cma_check_port of the kernel.</summary>
public sealed class CmAddressTests
{
    private readonly CmRig _rig = new();
    private readonly CmProgram _program;

    public CmAddressTests() => _program = _rig.NewProgram();

    private ConnectionManager Manager => _rig.Manager;

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", EADDRINUSE)]
    [InlineData("127.0.0.1", "10.0.0.1", 0)]
    [InlineData("0.0.0.0", "10.0.0.1", EADDRNOTAVAIL)]
    [InlineData("127.0.0.1", "0.0.0.0", EADDRNOTAVAIL)]
    [InlineData("0.0.0.0", "0.0.0.0", EADDRNOTAVAIL)]
    [InlineData("0.0.0.0", "::", EADDRNOTAVAIL)]
    [InlineData("::1", "127.0.0.1", 0)]
    public void A_port_is_taken_where_the_addresses_overlap(string first, string second, int expected)
    {
        Succeed(Manager.Bind(_program.Queue, _program.Create(), At(first)));

        Assert.Equal(expected, Manager.Bind(_program.Queue, _program.Create(), At(second)).Errno);
    }

    [Fact]
    public void Families_that_keep_to_themselves_share_a_port()
    {
        Succeed(Manager.Bind(_program.Queue, _program.Create(), At("0.0.0.0")));
        uint six = _program.Create();
        Succeed(Manager.SetFamilyOnly(_program.Queue, six, true));

        Succeed(Manager.Bind(_program.Queue, six, At("::")));
    }

    [Fact]
    public void Reuse_shares_a_port_until_one_listens()
    {
        uint first = _program.Create(), second = _program.Create();
        Succeed(Manager.SetReusesAddress(_program.Queue, first, true));
        Succeed(Manager.Bind(_program.Queue, first, At("127.0.0.1")));
        Assert.Equal(EADDRINUSE, Manager.Bind(_program.Queue, second, At("127.0.0.1")).Errno);
        Succeed(Manager.SetReusesAddress(_program.Queue, second, true));
        Succeed(Manager.Bind(_program.Queue, second, At("127.0.0.1")));

        Assert.Equal(EADDRINUSE, Manager.Listen(_program.Queue, first, 1).Errno);
        _program.Destroy(second);
        Succeed(Manager.Listen(_program.Queue, first, 1));
        Assert.Equal(EINVAL, Manager.SetReusesAddress(_program.Queue, first, false).Errno);
    }

    [Fact]
    public void Port_spaces_are_apart_and_a_destroyed_ids_port_is_free()
    {
        uint id = _program.Listen(CmRig.Local);
        _program.Listen(CmRig.Local, portSpace: RDMA_PS_UDP);
        _program.Destroy(id);

        _program.Listen(CmRig.Local);
    }

    [Fact]
    public void An_accepted_id_holds_no_port()
    {
        CmProgram client = _rig.NewProgram();
        uint listener = _program.Listen(CmRig.Local);
        client.Connect(CmRig.Local);
        _program.Accept();
        _program.Destroy(listener);

        _program.Listen(CmRig.Local);
    }

    [Fact]
    public void Without_a_port_each_id_gets_one_of_its_own()
    {
        HashSet<ushort> ports = [];
        for (int i = 0; i < 500; i++)
        {
            uint id = _program.Create();
            Succeed(Manager.Bind(_program.Queue, id, CmAddress.AnyOf(AF_INET)));
            ports.Add(SourceOf(id).Port);
        }

        Assert.Equal(500, ports.Count);
        Assert.All(ports, p => Assert.InRange(p, 32768, 60999));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1000, EACCES)]
    public void Low_ports_are_roots(uint user, int expected)
    {
        CmProgram program = _rig.NewProgram(user);

        Assert.Equal(expected, Manager.Bind(program.Queue, program.Create(), CmAddress.Of(IPAddress.Loopback, 80)).Errno);
    }

    [Fact]
    public void A_strange_address_cannot_be_bound_and_a_strange_destination_is_an_event()
    {
        uint id = _program.Create();
        Assert.Equal(EADDRNOTAVAIL, Manager.Bind(_program.Queue, id, At("192.0.2.1")).Errno);
        Assert.Equal(EAFNOSUPPORT, Manager.Bind(_program.Queue, id, new CmAddress(1, UInt128.Zero, 5)).Errno);

        Succeed(Manager.ResolveAddress(_program.Queue, id, default, At("192.0.2.1")));
        _program.Take(CmEventType.AddressError, -ENETUNREACH);

        Succeed(Manager.ResolveAddress(_program.Queue, id, default, CmRig.Local));
        _program.Take(CmEventType.AddressResolved);
        Assert.Equal(IPAddress.Loopback, SourceOf(id).ToIPAddress());
    }

    [Fact]
    public void The_wildcard_as_destination_means_this_machine()
    {
        uint id = _program.Create();

        Succeed(Manager.ResolveAddress(_program.Queue, id, default, At("0.0.0.0")));

        _program.Take(CmEventType.AddressResolved);
        Assert.Equal(IPAddress.Loopback, SourceOf(id).ToIPAddress());
    }

    [Fact]
    public void The_probe_for_AF_IB_finds_it_but_there_is_no_such_address()
    {
        uint id = _program.Create(RDMA_PS_IB);
        CmAddress service = new(AF_IB, UInt128.Zero, 0) { ServiceId = 0x0106_0000, ServiceMask = 0xffff_ffff_ffff_0000 };
        Succeed(Manager.Bind(_program.Queue, id, service));
        Assert.Equal(0x0106ul, SourceOf(id).ServiceId >> 16);
        Assert.NotEqual(0, SourceOf(id).Port);

        Assert.Equal(ENODEV, Manager.Bind(_program.Queue, _program.Create(RDMA_PS_IB), service with { Host = 5 }).Errno);
        Assert.Equal(
            EPROTONOSUPPORT, Manager.Bind(_program.Queue, _program.Create(RDMA_PS_UDP), service).Errno);
    }

    [Fact]
    public void Queries_tell_addresses_device_GIDs_and_path()
    {
        uint id = _program.Create();
        Assert.Equal(0ul, Succeed(Manager.QueryAddresses(_program.Queue, id)).node_guid);
        Assert.Null(Succeed(Manager.QueryPath(_program.Queue, id)));
        Succeed(Manager.ResolveAddress(_program.Queue, id, default, CmRig.Local));
        Succeed(Manager.ResolveRoute(_program.Queue, id));

        rdma_ucm_query_addr_resp addresses = Succeed(Manager.QueryAddresses(_program.Queue, id));
        Assert.Equal((0x3412_0000_0000_0000ul, (byte)1, (ushort)0xffff, (ushort)16), (addresses.node_guid, addresses.port_num, addresses.pkey, addresses.dst_size));
        CmAddress gid = CmAddress.Read(Bytes(Succeed(Manager.QueryGids(_program.Queue, id)).dst_addr));
        Assert.Equal((AF_IB, "0000:0000:0000:0000:0000:ffff:7f00:0001", 0x0106_0000ul + CmRig.Port), (gid.Family, new Gid(gid.Host).ToString(), gid.ServiceId));
        Assert.NotNull(Succeed(Manager.QueryPath(_program.Queue, id)));
        rdma_ucm_query_route_resp route = Succeed(Manager.QueryRoute(_program.Queue, id));
        Assert.Equal((1u, (byte)64, 5u), (route.num_paths, route.ib_route[0].hop_limit, route.ib_route[0].mtu));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", true)]
    [InlineData("10.0.0.1", "127.0.0.1", false)]
    [InlineData("0.0.0.0", "10.0.0.1", true)]
    [InlineData("0.0.0.0", "::1", false)]
    [InlineData("::", "::1", true)]
    [InlineData("::", "127.0.0.1", true)]
    public void A_listener_hears_what_is_sent_to_its_address(string listening, string asked, bool heard)
    {
        CmProgram client = _rig.NewProgram();
        _program.Listen(At(listening));

        client.Connect(At(asked));

        if (heard)
        {
            _program.Take(CmEventType.ConnectRequest);
        }
        else
        {
            client.Take(CmEventType.Rejected, CmWire.RejectInvalidService);
        }
    }

    [Fact]
    public void The_incoming_id_knows_both_addresses()
    {
        CmProgram client = _rig.NewProgram();
        _program.Listen(At("0.0.0.0"));
        uint active = client.Connect(At("10.0.0.1"));
        CmAddress source = CmAddress.Read(Bytes(Succeed(Manager.QueryAddresses(client.Queue, active)).src_addr));

        uint incoming = _program.Take(CmEventType.ConnectRequest).id;

        rdma_ucm_query_addr_resp addresses = Succeed(Manager.QueryAddresses(_program.Queue, incoming));
        Assert.Equal(At("10.0.0.1"), CmAddress.Read(Bytes(addresses.src_addr)));
        Assert.Equal(source, CmAddress.Read(Bytes(addresses.dst_addr)));
    }

    private static byte[] Bytes(kernel_sockaddr_storage storage) => TestClient.Bytes(storage);

    private static CmAddress At(string host) => CmAddress.Of(IPAddress.Parse(host), CmRig.Port);

    private CmAddress SourceOf(uint id) => CmAddress.Read(Bytes(Succeed(Manager.QueryAddresses(_program.Queue, id)).src_addr));
}
