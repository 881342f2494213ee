using System.Net;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_uverbs_write_cmds;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Device.Tests;

/// <summary>Several devices and ports: views on one NIC, on one fabric.</summary>
public sealed class DeviceTests : IDisposable
{
    private const string First = "/dev/infiniband/uverbs0";
    private const string Second = "/dev/infiniband/uverbs1";

    private static readonly IPAddress AddressOfPort2 = IPAddress.Parse("10.0.0.2");
    private static readonly IPAddress AddressOfRxe7 = IPAddress.Parse("2001:db8::7");

    private readonly TestDevice _device = new(new DeviceServerOptions
    {
        SocketPath = "@daxemu-test-" + Guid.NewGuid(),
        Devices =
        [
            new EmulatedDeviceOptions
            {
                Name = "mlx5_0",
                VendorId = 713,
                VendorPartId = 4119,
                Ports = [new(), new() { Addresses = [AddressOfPort2], NetworkInterface = "eth7" }, new() { IsActive = false }],
            },
            new EmulatedDeviceOptions { Name = "rxe7", NodeGuid = 0x1234, Ports = [new() { Addresses = [AddressOfRxe7] }] },
        ],
    });

    public void Dispose()
    {
        _device.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Theory]
    [InlineData("", "mlx5_0", 713, 4119, 3)]
    [InlineData(First, "mlx5_0", 713, 4119, 3)]
    [InlineData(Second, "rxe7", 0xff_ffff, 0, 1)]
    public void The_path_of_the_device_file_says_which_device_is_opened(string path, string name, uint vendor, uint part, byte ports)
    {
        using TestClient client = Open(path);

        ib_uverbs_query_device_resp device = client
            .Command<ib_uverbs_query_device, ib_uverbs_query_device_resp>(IB_USER_VERBS_CMD_QUERY_DEVICE, default)
            .Read<ib_uverbs_query_device_resp>();

        Assert.Equal((vendor, part, ports), (device.vendor_id, device.vendor_part_id, device.phys_port_cnt));
        Assert.Equal(name, Assert.Single(_device.Server.Snapshot.Sessions).Device);
    }

    [Fact]
    public void A_path_without_device_is_refused_and_what_there_is_named()
    {
        using TestClient client = new(_device.Options.SocketPath);

        TestReply reply = client.Hello("/dev/infiniband/uverbs2");

        Assert.Equal(
            (ENOENT, $"/dev/infiniband/uverbs2: there is no such device file, only {First}, {Second}"), (reply.Errno, reply.Text));
    }

    [Theory]
    [InlineData(First, 1, 4, 5)]
    [InlineData(First, 2, 4, 5)]
    [InlineData(First, 3, 1, 3)]
    [InlineData(Second, 1, 4, 5)]
    public void Each_port_has_a_state(string path, byte number, byte state, byte physical)
    {
        using TestClient client = Open(path);

        ib_uverbs_query_port_resp port = client
            .Command<ib_uverbs_query_port, ib_uverbs_query_port_resp>(IB_USER_VERBS_CMD_QUERY_PORT, new() { port_num = number })
            .Read<ib_uverbs_query_port_resp>();

        Assert.Equal((state, physical, 16u), (port.state, port.phys_state, port.gid_tbl_len));
    }

    [Theory]
    [InlineData(First, 0)]
    [InlineData(First, 4)]
    [InlineData(Second, 2)]
    public void A_port_that_is_not_there_cannot_be_asked_or_used(string path, byte number)
    {
        using TestClient client = Open(path);
        using TestCompletionQueue cq = client.CreateCq(8);
        using TestQueuePair qp = client.CreateQp(TestVerbs.NewQp(client.AllocatePd(), cq.Handle));

        Assert.Equal(EINVAL, client.Try<ib_uverbs_query_port, ib_uverbs_query_port_resp>(
            IB_USER_VERBS_CMD_QUERY_PORT, new() { port_num = number }).Errno);
        Assert.Equal(EINVAL, client.TryModify(TestVerbs.ToInit(qp.Handle) with { port_num = number }).Errno);
    }

    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(2, 2, 0)]
    [InlineData(3, 2, EINVAL)]
    [InlineData(1, 4, EINVAL)]
    public void A_path_begins_at_a_GID_that_its_port_has(byte port, byte index, int errno)
    {
        using TestClient client = Open(First);
        using TestCompletionQueue cq = client.CreateCq(8);
        using TestQueuePair qp = client.CreateQp(TestVerbs.NewQp(client.AllocatePd(), cq.Handle));
        Assert.Equal(0, client.TryModify(TestVerbs.ToInit(qp.Handle) with { port_num = port }).Errno);

        ib_uverbs_modify_qp request = ToRtr(qp.Handle, 5, port, AddressOfRxe7);
        request.dest.sgid_index = index;

        Assert.Equal(errno, client.TryModify(request).Errno);
    }

    [Fact]
    public void Queue_pairs_of_different_devices_and_ports_are_connected_by_GID()
    {
        using TestFile source = new(4096), target = new(4096);
        using TestClient a = Open(First), b = Open(Second);
        uint domainA = a.AllocatePd(), domainB = b.AllocatePd();
        using TestCompletionQueue cqA = a.CreateCq(8), cqB = b.CreateCq(8);
        using TestQueuePair qpA = a.CreateQp(TestVerbs.NewQp(domainA, cqA.Handle)), qpB = b.CreateQp(TestVerbs.NewQp(domainB, cqB.Handle));
        ib_uverbs_reg_mr_resp regionA = a.Register(domainA, source.Handle, 0x1000, 4096), regionB = b.Register(domainB, target.Handle, 0x1000, 4096);
        RandomAccess.Write(source.Handle, "over the fabric"u8, 0);

        Ready(qpA, qpB.Number, port: 2, AddressOfRxe7);
        Ready(qpB, qpA.Number, port: 1, AddressOfPort2);
        qpA.Post(IBV_WR_RDMA_WRITE, 1, new rxe_sge { addr = 0x1000, length = 15, lkey = regionA.lkey }, 0x1000, regionB.rkey);

        Assert.NotEqual(qpA.Number, qpB.Number);
        Assert.Equal(IBV_WC_SUCCESS, cqA.Poll().status);
        Assert.Equal("over the fabric"u8, target.Content.AsSpan(0, 15));
    }

    [Theory]
    [InlineData("127.0.0.1", "mlx5_0", 1, 3)]
    [InlineData("10.0.0.2", "mlx5_0", 2, 3)]
    [InlineData("::ffff:10.0.0.2", "mlx5_0", 2, 3)]
    [InlineData("2001:db8::7", "rxe7", 1, 3)]
    [InlineData("10.0.0.9", null, 0, 0)]
    [InlineData("::", null, 0, 0)]
    public void An_address_belongs_to_a_port_of_a_device(string address, string? device, byte port, byte index)
    {
        PortAddress? found = _device.Server.Devices.WithAddress(IPAddress.Parse(address));

        Assert.Equal((device, port, index), (found?.Device.Name, found?.Port.Number ?? 0, found?.GidIndex ?? 0));
    }

    [Fact]
    public void Sysfs_shows_every_device_and_port_and_what_drives_it()
    {
        using TestClient client = new(_device.Options.SocketPath);
        (string Path, string Text)[] expected =
        [
            ("class/infiniband/", "mlx5_0/\nrxe7/\n"),
            ("class/infiniband_verbs/", "abi_version\nuverbs0/\nuverbs1/\n"),
            ("class/infiniband_verbs/uverbs1/ibdev", "rxe7\n"),
            ("class/infiniband_verbs/uverbs1/dev", "231:193\n"),
            ("class/infiniband_verbs/uverbs0/device/modalias", "rdma_device:Nrxe0\n"),
            ("class/infiniband/mlx5_0/device/modalias", "rdma_device:Nrxe0\n"),
            ("class/infiniband/mlx5_0/device/numa_node", "-1\n"),
            ("class/infiniband/mlx5_0/device/net/", "eth7/\nlo/\n"),
            ("class/infiniband/mlx5_0/ports/", "1/\n2/\n3/\n"),
            ("class/infiniband/mlx5_0/ports/2/gids/3", "0000:0000:0000:0000:0000:ffff:0a00:0002\n"),
            ("class/infiniband/mlx5_0/ports/2/gid_attrs/ndevs/3", "eth7\n"),
            ("class/infiniband/mlx5_0/ports/3/state", "1: DOWN\n"),
            ("class/infiniband/mlx5_0/ports/3/gids/0", "0000:0000:0000:0000:0000:0000:0000:0000\n"),
            ("class/infiniband/rxe7/node_guid", "0000:0000:0000:1234\n"),
        ];

        Assert.Equal(expected, expected.Select(e => (e.Path, client.Sysfs(e.Path).Text)));
        Assert.Matches("^[0-9a-f]{8}(,[0-9a-f]{8})*\n$", client.Sysfs("class/infiniband/mlx5_0/device/local_cpus").Text);
        string[] linkLocal = [.. new[] { "mlx5_0/ports/1", "mlx5_0/ports/2", "rxe7/ports/1" }.Select(p => client.Sysfs($"class/infiniband/{p}/gids/0").Text)];
        Assert.Equal(linkLocal.Distinct(), linkLocal);
    }

    private static ib_uverbs_modify_qp ToRtr(uint qp, uint peer, byte port, IPAddress destination)
    {
        ib_uverbs_modify_qp request = TestVerbs.ToRtr(qp, peer);
        request.dest.port_num = port;
        destination.MapToIPv6().GetAddressBytes().CopyTo(request.dest.dgid);
        return request;
    }

    private static void Ready(TestQueuePair qp, uint peer, byte port, IPAddress destination)
    {
        Assert.Equal(0, qp.Client.TryModify(TestVerbs.ToInit(qp.Handle) with { port_num = port }).Errno);
        Assert.Equal(0, qp.Client.TryModify(ToRtr(qp.Handle, peer, port, destination)).Errno);
        Assert.Equal(0, qp.Client.TryModify(TestVerbs.ToRts(qp.Handle)).Errno);
    }

    private TestClient Open(string path)
    {
        TestClient client = new(_device.Options.SocketPath);
        Assert.Equal(0, client.Hello(path).Errno);
        client.GetContext();
        return client;
    }
}
