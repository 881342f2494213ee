using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using DaxEmu.Linux.Events;
using DaxEmu.Linux.Memory;
using DaxEmu.Linux.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.daxemu_device;
using static DaxEmu.Abi.errno;

namespace DaxEmu.Device.Tests;

/// <summary>Opening, sharing out and ending open device files.</summary>
public sealed class SessionTests : IDisposable
{
    private readonly TestDevice _device = new(
        new DeviceServerOptions
        {
            SocketPath = "@daxemu-test-" + Guid.NewGuid(),
            MaxSessionsPerUser = 3,
            MaxObjectsPerUser = 10,
            MaxRingBytesPerUser = 1 << 20,
            MaxRegisteredBytesPerUser = 65536,
            MaxChannelsPerSession = 2,
        },
        runWorker: false);

    public void Dispose()
    {
        _device.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("/dev/infiniband/uverbs0", 0)]
    [InlineData("/dev/infiniband/uverbs1", ENOENT)]
    public void A_device_file_is_opened_by_its_path(string path, int expected)
    {
        using TestClient client = new(_device.Options.SocketPath);

        Assert.Equal(expected, client.Hello(path).Errno);
    }

    [Fact]
    public void Hello_gives_the_devices_name_and_a_doorbell_that_cannot_be_cut()
    {
        using TestClient client = new(_device.Options.SocketPath);
        daxemu_hello hello = new() { version = DAXEMU_PROTOCOL_VERSION };

        TestReply reply = client.Request(DAXEMU_REQ_HELLO, TestClient.Bytes(hello));

        daxemu_hello_reply body = reply.Read<daxemu_hello_reply>();
        ReadOnlySpan<byte> name = body.device;
        Assert.Equal("rxe0"u8, name[..4]);
        Assert.Equal((uint)Unsafe.SizeOf<daxemu_doorbell>(), body.doorbell_length);
        Assert.True(MemoryFile.IsSealedAgainstShrinking(reply.Descriptors[0]));
    }

    [Fact]
    public void Another_version_is_EPROTONOSUPPORT()
    {
        using TestClient client = new(_device.Options.SocketPath);

        TestReply reply = client.Hello(version: 2);

        Assert.Equal((EPROTONOSUPPORT, "the daemon speaks version 1, the client 2"), (reply.Errno, reply.Text));
    }

    [Fact]
    public void Hello_comes_first_and_once()
    {
        using TestClient client = new(_device.Options.SocketPath);

        Assert.Equal(EPROTO, client.Request(DAXEMU_REQ_MMAP, TestClient.Bytes(default(daxemu_mmap))).Errno);
        Assert.Equal(0, client.Hello().Errno);
        Assert.Equal(EPROTO, client.Hello().Errno);
        Assert.Equal(EOPNOTSUPP, client.Request(77, []).Errno);
    }

    [Fact]
    public void A_user_with_too_many_open_device_files_gets_EMFILE_until_one_is_closed()
    {
        TestClient[] open = [_device.Open(), _device.Open(), _device.Open()];
        using (TestClient refused = new(_device.Options.SocketPath))
        {
            TestReply reply = refused.Hello();
            Assert.Equal(EMFILE, reply.Errno);
            Assert.EndsWith("has reached the limit of 3 open device files", reply.Text, StringComparison.Ordinal);
        }

        open[0].Dispose();
        _device.Log.TakeClosed();

        Assert.True(SpinWait.SpinUntil(TryOpen, TimeSpan.FromSeconds(60)));
        Array.ForEach(open, c => c.Dispose());
    }

    [Fact]
    public void Those_who_are_turned_away_take_up_no_session_while_they_do_not_ask()
    {
        using TestDevice device = new(
            new DeviceServerOptions { SocketPath = "@daxemu-test-" + Guid.NewGuid(), MaxSessions = 3, MaxSessionsPerUser = 2 }, runWorker: false);
        TestClient first = device.Open();
        using TestClient second = device.Open();
        SeqPacketConnection[] silent = [.. Enumerable.Range(0, 20).Select(_ => SeqPacketConnection.Connect(device.Options.SocketPath))];

        // Four of them may wait to ask why.
        Assert.True(SpinWait.SpinUntil(() => device.Log.Refused.Count >= 16, TimeSpan.FromSeconds(60)));

        first.Dispose();
        Assert.True(SpinWait.SpinUntil(() => device.Server.Snapshot.Sessions.Count == 1, TimeSpan.FromSeconds(60)));
        using TestClient next = new(device.Options.SocketPath);
        Assert.Equal(0, next.Hello().Errno);
        Array.ForEach(silent, c => c.Dispose());
    }

    [Fact]
    public void The_server_can_be_disposed_twice()
    {
        using TestDevice device = new(runWorker: false);

        device.Server.Dispose();
        device.Server.Dispose();
    }

    [Fact]
    public void A_user_gets_at_most_four_fifths_of_the_mappings_and_the_next_the_same_of_what_is_left()
    {
        MappingBudget budget = new(1000);
        int first = 0, second = 0;
        while (budget.TryTake(ref first))
        {
        }

        while (budget.TryTake(ref second))
        {
        }

        Assert.Equal((800, 160), (first, second));
        Assert.False(budget.TryTake(ref first));
        for (int i = 0; i < 10; i++)
        {
            budget.Return(ref first);
        }

        Assert.True(budget.TryTake(ref second));
    }

    [Fact]
    public void A_user_without_mappings_left_gets_ENOMEM_and_all_are_given_back_when_it_goes()
    {
        using TestDevice device = new(
            new DeviceServerOptions { SocketPath = "@daxemu-test-" + Guid.NewGuid(), MaxMappings = 50 }, runWorker: false);
        for (int round = 0; round < 3; round++)
        {
            using TestClient client = device.Open();
            int queues = 0;
            TestReply reply;
            while ((reply = client.TryCreateCq(4)).Errno == 0)
            {
                queues++;
            }

            // 40: one for the doorbell, two for each queue and its ring; the last one did not fit by halves.
            Assert.Equal((19, ENOMEM), (queues, reply.Errno));
            Assert.Contains("vm.max_map_count", reply.Text, StringComparison.Ordinal);
            client.DestroyCq(0);
            Assert.Equal(0, client.TryCreateCq(4).Errno);
            client.Dispose();
            device.Log.TakeClosed();
        }
    }

    [Fact]
    public void A_user_with_too_many_objects_gets_ENOMEM_in_all_sessions()
    {
        using TestClient a = _device.Open();
        using TestClient b = _device.Open();
        for (int i = 0; i < 5; i++)
        {
            a.AllocatePd();
            b.AllocatePd();
        }

        Assert.Equal(ENOMEM, a.Try<ib_uverbs_alloc_pd, ib_uverbs_alloc_pd_resp>(ib_uverbs_write_cmds.IB_USER_VERBS_CMD_ALLOC_PD, default).Errno);
        b.DeallocatePd(0);
        Assert.Equal(5u, a.AllocatePd());
    }

    [Fact]
    public void A_user_with_too_much_ring_memory_gets_ENOMEM()
    {
        using TestClient client = _device.Open();

        Assert.Equal(ENOMEM, client.TryCreateCq(100_000).Errno);
        Assert.Equal(0, client.TryCreateCq(8000).Errno);
        Assert.Equal(ENOMEM, client.TryCreateCq(8000).Errno);
    }

    [Fact]
    public void A_session_with_too_many_channels_gets_EMFILE()
    {
        using TestClient client = _device.Open();
        client.CreateChannel().Channel.Dispose();
        client.CreateChannel().Channel.Dispose();

        TestReply reply = client.Try<ib_uverbs_create_comp_channel, ib_uverbs_create_comp_channel_resp>(
            ib_uverbs_write_cmds.IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, default);

        Assert.Equal(EMFILE, reply.Errno);
    }

    [Fact]
    public void A_snapshot_shows_who_has_what()
    {
        using TestFile file = new(4096);
        using TestClient client = _device.Open();
        uint pd = client.AllocatePd();
        using TestCompletionQueue cq = client.CreateCq(8);
        using TestQueuePair qp = client.CreateQp(TestVerbs.NewQp(pd, cq.Handle));
        client.Register(pd, file.Handle, 0x1000, 4096);

        DeviceSnapshot snapshot = _device.Server.Snapshot;

        SessionSnapshot session = Assert.Single(snapshot.Sessions);
        Assert.Equal((Environment.ProcessId, "rxe0", 1), (session.ProcessId, session.Device, Assert.Single(snapshot.Devices).OpenFiles));
        Assert.Equal(new ObjectCounts(1, 1, 0, 1, 1, 4096), session.Objects);
        Assert.Equal(session.Objects, snapshot.Objects);
        Assert.NotEmpty(session.Command);
    }

    [Fact]
    public void A_malformed_message_ends_the_session_and_only_that()
    {
        using TestClient good = _device.Open();
        foreach ((byte[] message, string reason) in new (byte[], string)[]
        {
            ([1, 2, 3], "a message of 3 bytes is shorter than its header"),
            (TestClient.Bytes(new daxemu_request { type = 2, length = 5 }), "a request says its body has 5 bytes; 0 came"),
            ([.. TestClient.Bytes(new daxemu_request { type = 2, length = 8 }), .. TestClient.Bytes(new daxemu_write { segment_count = uint.MaxValue, command_length = uint.MaxValue })],
                "a write request with 4294967295 segments and 4294967295 bytes of command has 8 bytes"),
            ([.. TestClient.Bytes(new daxemu_request { type = 3, length = 1 }), 0], "the body of mmap has 16 bytes; 1 came"),
        })
        {
            using TestClient bad = _device.Open();
            bad.Connection.Send(message);

            Assert.Equal(reason, _device.Log.TakeClosed().Reason);
            Assert.True(bad.Connection.Receive(new byte[16]).IsEnd);
        }

        Assert.Equal(0u, good.AllocatePd());
    }

    [Fact]
    public void Too_many_descriptors_end_the_session_and_are_closed()
    {
        using TestClient client = _device.Open();
        using SafeFileHandle file = MemoryFile.CreateSealed("x", 1);
        int before = LeakTests.OpenDescriptors();

        client.Connection.Send(
            TestClient.Bytes(new daxemu_request { type = 9 }), [.. Enumerable.Repeat(file, DAXEMU_MAX_FDS + 1)]);

        Assert.Contains("65 descriptors", _device.Log.TakeClosed().Reason, StringComparison.Ordinal);
        Assert.True(LeakTests.OpenDescriptors() <= before);
    }

    [Fact]
    public void A_user_with_too_many_bytes_registered_gets_ENOMEM_until_some_are_given_back()
    {
        using TestFile file = new(65536);
        using TestClient b = _device.Open();
        ib_uverbs_reg_mr_resp region;
        using (TestClient a = _device.Open())
        {
            a.Register(a.AllocatePd(), file.Handle, 0x10000, 40000);
            uint pd = b.AllocatePd();
            TestReply reply = b.TryRegister(pd, file.Handle, 0x10000, 40000);
            Assert.Equal(ENOMEM, reply.Errno);
            Assert.EndsWith("has reached the limit of 65536 bytes of memory regions", reply.Text, StringComparison.Ordinal);
            region = b.Register(pd, file.Handle, 0x10000, 20000);
        }

        _device.Log.TakeClosed();
        b.Register(0, file.Handle, 0x10000, 40000);
        Assert.Equal(0, b.Deregister(region.mr_handle).Errno);
        b.Register(0, file.Handle, 0x10000, 20000);
    }

    [Fact]
    public void Descriptors_that_nobody_asked_for_are_closed()
    {
        using TestClient client = _device.Open();
        using SafeFileHandle file = MemoryFile.CreateSealed("x", 1);
        int before = LeakTests.OpenDescriptors();

        for (int i = 0; i < 100; i++)
        {
            client.Request(DAXEMU_REQ_SYSFS, "class/infiniband_verbs/abi_version"u8, file, file);
        }

        // A request's descriptors are closed after its reply, before the next request.
        client.Sysfs("class/infiniband_verbs/abi_version");

        Assert.InRange(LeakTests.OpenDescriptors(), 0, before);
    }

    [Fact]
    public void Descriptors_that_came_with_a_request_that_is_turned_away_are_closed()
    {
        using TestClient first = _device.Open();
        using TestClient second = _device.Open();
        using TestClient third = _device.Open();
        (SeqPacketConnection near, SeqPacketConnection far) = SeqPacketConnection.CreatePair();
        using TestClient refused = new(_device.Options.SocketPath);

        TestReply reply = refused.Request(DAXEMU_REQ_HELLO, TestClient.Bytes(new daxemu_hello()), far.Handle);
        far.Dispose();

        Assert.Equal(EMFILE, reply.Errno);
        Assert.True(refused.Connection.Receive(new byte[16]).IsEnd);
        Assert.True(Readiness.WaitReadable(near.Handle, TimeSpan.FromSeconds(5)), "the device still holds the descriptor");
        near.Dispose();
    }

    [Fact]
    public void Stopping_ends_all_sessions()
    {
        using TestClient client = _device.Open();

        _device.Server.Stop();

        Assert.True(client.Connection.Receive(new byte[16]).IsEnd);
        Assert.Equal("the device is stopping", _device.Log.TakeClosed().Reason);
        Assert.Empty(_device.Server.Snapshot.Sessions);
    }

    [Fact]
    public void A_client_that_does_not_read_its_replies_delays_nobody()
    {
        using TestClient stuck = _device.Open();
        byte[] request =
        [
            .. TestClient.Bytes(new daxemu_request { type = DAXEMU_REQ_SYSFS, length = 34, id = 1 }), .. "class/infiniband_verbs/abi_version"u8,
        ];
        while (stuck.Connection.TrySend(request) == 0)
        {
        }

        using TestClient other = _device.Open();
        Assert.Equal("6\n", other.Sysfs("class/infiniband_verbs/abi_version").Text);
    }

    [Fact]
    public void Sysfs_can_be_read_before_hello()
    {
        using TestClient client = new(_device.Options.SocketPath);

        Assert.Equal("6\n", client.Sysfs("class/infiniband_verbs/abi_version").Text);
        Assert.Equal(0, client.Hello().Errno);
    }

    [Theory]
    [InlineData("class/infiniband_verbs/", "abi_version\nuverbs0/\n")]
    [InlineData("class/infiniband/", "rxe0/\n")]
    [InlineData("class/infiniband/rxe0/ports/1/pkeys/", "0\n")]
    public void Sysfs_lists_a_directory(string path, string entries)
    {
        using TestClient client = new(_device.Options.SocketPath);

        Assert.Equal(entries, client.Sysfs(path).Text);
    }

    [Theory]
    [InlineData("class/infiniband_verbs/abi_version/", ENOTDIR)]
    [InlineData("class/net/", ENOENT)]
    public void Sysfs_lists_nothing_else(string path, int errno)
    {
        using TestClient client = new(_device.Options.SocketPath);

        Assert.Equal(errno, client.Sysfs(path).Errno);
    }

    [Fact]
    public void Sysfs_describes_the_device()
    {
        using TestClient client = _device.Open();
        (string Path, string Text)[] expected =
        [
            ("class/infiniband_verbs/abi_version", "6\n"),
            ("class/infiniband_verbs/uverbs0/ibdev", "rxe0\n"),
            ("class/infiniband_verbs/uverbs0/dev", "231:192\n"),
            ("class/infiniband/rxe0/node_type", "1: CA\n"),
            ("class/infiniband/rxe0/ports/1/state", "4: ACTIVE\n"),
            ("class/infiniband/rxe0/ports/1/gids/3", "0000:0000:0000:0000:0000:ffff:7f00:0001\n"),
            ("class/infiniband/rxe0/ports/1/gids/15", "0000:0000:0000:0000:0000:0000:0000:0000\n"),
            ("class/infiniband/rxe0/ports/1/gid_attrs/types/2", "IB/RoCE v1\n"),
            ("class/infiniband/rxe0/ports/1/gid_attrs/types/3", "RoCE v2\n"),
            ("class/infiniband/rxe0/node_guid", "009e:a1ff:fe33:8d01\n"),
            ("class/infiniband/rxe0/ports/1/gids/0", "fe80:0000:0000:0000:009e:a1ff:fe33:8d01\n"),
        ];

        Assert.Equal(expected, expected.Select(e => (e.Path, client.Sysfs(e.Path).Text)));
        Assert.Equal(ENOENT, client.Sysfs("class/infiniband/rxe0/ports/1/gids/16").Errno);
        Assert.Equal(ENOENT, client.Sysfs("../etc/passwd").Errno);
        Assert.Equal(EISDIR, client.Sysfs("class/infiniband/rxe0/ports/1/gids").Errno);
        Assert.Equal(EINVAL, client.Sysfs("class/infiniband/rxe0/ports/1/gid_attrs/types/4").Errno);
    }

    private bool TryOpen()
    {
        using TestClient client = new(_device.Options.SocketPath);
        return client.Hello().Errno == 0;
    }
}
