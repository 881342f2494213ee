using System.Runtime.CompilerServices;
using DaxEmu.Abi;
using Xunit;
using static DaxEmu.Abi.errno;
using static DaxEmu.Abi.ib_user_verbs;
using static DaxEmu.Abi.ib_uverbs_ex_write_cmds;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device.Tests;

/// <summary>Each command's result and errors, as the kernel has them.</summary>
public sealed class CommandTests : IDisposable
{
    private const ulong Address = 0x7000_0000;

    private readonly TestDevice _device = new(runWorker: false);
    private readonly TestFile _file = new(65536);
    private readonly TestClient _client;

    public CommandTests() => _client = _device.Open();

    public void Dispose()
    {
        _client.Dispose();
        _device.Dispose();
        _file.Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void A_device_says_what_its_nic_enforces()
    {
        ib_uverbs_query_device_resp device = _client
            .Command<ib_uverbs_query_device, ib_uverbs_query_device_resp>(IB_USER_VERBS_CMD_QUERY_DEVICE, default)
            .Read<ib_uverbs_query_device_resp>();

        Assert.Equal((uint)_device.Nic.Options.MaxQueuePairs, device.max_qp);
        Assert.Equal((uint)_device.Nic.Options.MaxCompletionEntries, device.max_cqe);
        Assert.Equal(_device.Nic.Options.MaxRegionBytes, device.max_mr_size);
        Assert.Equal((uint)_device.Nic.Options.MaxSharedReceiveQueues, device.max_srq);
        Assert.Equal(1, device.phys_port_cnt);
    }

    [Theory]
    [InlineData(184)]
    [InlineData(304)]
    public void The_extended_query_tells_how_much_of_its_response_counts(int room)
    {
        byte[] command =
        [
            .. TestClient.Bytes(new ib_uverbs_cmd_hdr
            {
                command = IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_EX_CMD_QUERY_DEVICE, in_words = 1, out_words = (ushort)(room / 8),
            }),
            .. TestClient.Bytes(new ib_uverbs_ex_cmd_hdr { response = 1 }),
            .. new byte[8],
        ];

        TestReply reply = _client.Write(command);

        Assert.Equal((command.Length, room), (reply.Result, reply.Body.Length));
        Assert.Equal((uint)room, reply.Read<uint>(180));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, EINVAL)]
    [InlineData(2, EINVAL)]
    public void A_port_is_active_and_there_is_only_one(byte port, int expected)
    {
        TestReply reply = _client.Try<ib_uverbs_query_port, ib_uverbs_query_port_resp>(
            IB_USER_VERBS_CMD_QUERY_PORT, new ib_uverbs_query_port { port_num = port });

        Assert.Equal(expected, reply.Errno);
        if (expected == 0)
        {
            ib_uverbs_query_port_resp response = reply.Read<ib_uverbs_query_port_resp>();
            Assert.Equal((4, 2, 16u), (response.state, response.link_layer, response.gid_tbl_len));
        }
    }

    [Fact]
    public void A_resized_completion_queue_has_another_ring_and_the_old_one_is_given_back()
    {
        using TestCompletionQueue cq = _client.CreateCq(4);
        int mappings = _device.Mappings.Count;

        TestReply reply = _client.Command<ib_uverbs_resize_cq, ib_uverbs_resize_cq_resp>(
            IB_USER_VERBS_CMD_RESIZE_CQ, new ib_uverbs_resize_cq { cq_handle = cq.Handle, cqe = 100 }, Unsafe.SizeOf<rxe_resize_cq_resp>());

        Assert.Equal(127u, reply.Read<ib_uverbs_resize_cq_resp>().cqe);
        using TestCompletionQueue large = new(
            cq.Handle, _client.MapQueue(reply.Read<rxe_resize_cq_resp>(Unsafe.SizeOf<ib_uverbs_resize_cq_resp>()).mi));
        Assert.False(large.TryPoll(out _));
        Assert.Equal(mappings, _device.Mappings.Count);
        Assert.Equal(0, _client.DestroyCq(cq.Handle).Errno);
    }

    [Theory]
    [InlineData(0u, 0u, 16, EINVAL)]
    [InlineData(0u, 1u << 30, 16, EINVAL)]
    [InlineData(9u, 4u, 16, EINVAL)]
    [InlineData(0u, 4u, 0, EINVAL)]
    public void A_resize_that_cannot_be_is_refused_and_takes_no_memory(uint handle, uint entries, int room, int expected)
    {
        using TestCompletionQueue cq = _client.CreateCq(4);
        int mappings = _device.Mappings.Count;

        Assert.Equal(expected, _client.Try<ib_uverbs_resize_cq, ib_uverbs_resize_cq_resp>(
            IB_USER_VERBS_CMD_RESIZE_CQ, new ib_uverbs_resize_cq { cq_handle = handle, cqe = entries }, room).Errno);
        Assert.Equal(mappings, _device.Mappings.Count);
    }

    [Theory]
    [InlineData(1u << 25, EOPNOTSUPP)]
    [InlineData(1u << 26, EOPNOTSUPP)]
    [InlineData(0u, 0)]
    public void The_extended_modification_takes_no_rate_limit_as_rxe_takes_none(uint attribute, int expected)
    {
        using TestCompletionQueue cq = _client.CreateCq(4);
        using TestQueuePair qp = _client.CreateQp(TestVerbs.NewQp(_client.AllocatePd(), cq.Handle));
        ib_uverbs_modify_qp init = TestVerbs.ToInit(qp.Handle);

        TestReply reply = _client.TryExtended<ib_uverbs_ex_modify_qp, ib_uverbs_ex_modify_qp_resp>(
            IB_USER_VERBS_EX_CMD_MODIFY_QP,
            new ib_uverbs_ex_modify_qp { @base = init with { attr_mask = init.attr_mask | attribute }, rate_limit = 1000 });

        Assert.Equal(expected, reply.Errno);
        if (expected == 0)
        {
            Assert.Equal(8u, reply.Read<ib_uverbs_ex_modify_qp_resp>().response_length);
            Assert.Equal((byte)ibv_qp_state.IBV_QPS_INIT, qp.ShownState);
        }
    }

    [Fact]
    public void A_context_is_got_once()
    {
        Assert.Equal(EINVAL, _client.Try<ib_uverbs_get_context, ib_uverbs_get_context_resp>(IB_USER_VERBS_CMD_GET_CONTEXT, default).Errno);
    }

    [Fact]
    public void Nothing_goes_without_a_context()
    {
        using TestClient fresh = new(_device.Options.SocketPath);
        fresh.Hello();

        TestReply reply = fresh.Try<ib_uverbs_alloc_pd, ib_uverbs_alloc_pd_resp>(IB_USER_VERBS_CMD_ALLOC_PD, default);

        Assert.Equal((EINVAL, "alloc_pd needs get_context first"), (reply.Errno, reply.Text));
    }

    public static TheoryData<string, byte[], int> Malformed => new()
    {
        { "no header", new byte[4], EINVAL },
        { "unknown flag", TestClient.Framed(0x4000_0000, [], 0), EINVAL },
        { "unknown command", TestClient.Framed(49, [], 0), EOPNOTSUPP },
        { "a command not served", TestClient.Framed(IB_USER_VERBS_CMD_OPEN_XRCD, new byte[48], 16), EOPNOTSUPP },
        { "in_words too many", [.. TestClient.Framed(IB_USER_VERBS_CMD_ALLOC_PD, new byte[8], 4).SkipLast(4)], EINVAL },
        { "in_words too few", [.. TestClient.Framed(IB_USER_VERBS_CMD_ALLOC_PD, new byte[8], 4), 0, 0, 0, 0], EINVAL },
        { "a short command", TestClient.Framed(IB_USER_VERBS_CMD_REG_MR, new byte[32], 12), ENOSPC },
        { "no room for the response", TestClient.Framed(IB_USER_VERBS_CMD_QUERY_DEVICE, new byte[8], 172), ENOSPC },
        { "a response longer than a message", TestClient.Framed(IB_USER_VERBS_CMD_QUERY_DEVICE, new byte[8], 200_000), EINVAL },
        { "an extended command without its header", TestClient.Framed(IB_USER_VERBS_CMD_FLAG_EXTENDED | 1, new byte[8], 304), EINVAL },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_command_is_refused_as_the_kernel_refuses_it(string what, byte[] command, int expected)
    {
        TestReply reply = _client.Write(command);

        Assert.True(reply.Errno == expected, $"{what}: errno {reply.Errno}: {reply.Text}");
        Assert.NotEmpty(reply.Text);
    }

    [Fact]
    public void Fields_behind_an_extended_command_must_be_zeros()
    {
        byte[] command =
        [
            .. TestClient.Bytes(new ib_uverbs_cmd_hdr
            {
                command = IB_USER_VERBS_CMD_FLAG_EXTENDED | IB_USER_VERBS_EX_CMD_QUERY_DEVICE, in_words = 2, out_words = 38,
            }),
            .. TestClient.Bytes(new ib_uverbs_ex_cmd_hdr { response = 1 }),
            .. new byte[15], 1,
        ];

        Assert.Equal(EOPNOTSUPP, _client.Write(command).Errno);
    }

    [Fact]
    public void Handles_are_the_lowest_that_are_free()
    {
        uint[] handles = [_client.AllocatePd(), _client.AllocatePd(), _client.AllocatePd()];
        _client.DeallocatePd(handles[1]);

        Assert.Equal([0, 1, 2], handles);
        Assert.Equal(1u, _client.AllocatePd());
        Assert.Equal(3u, _client.AllocatePd());
    }

    [Fact]
    public void Destroying_what_is_not_there_is_ENOENT()
    {
        Assert.Equal(ENOENT, _client.DeallocatePd(7).Errno);
        Assert.Equal(ENOENT, _client.Deregister(7).Errno);
        Assert.Equal(ENOENT, _client.DestroyCq(uint.MaxValue).Errno);
        Assert.Equal(ENOENT, _client.DestroyQp(uint.MaxValue).Errno);
    }

    [Fact]
    public void Naming_what_is_not_there_is_EINVAL()
    {
        uint pd = _client.AllocatePd();
        using TestCompletionQueue cq = _client.CreateCq(8);

        Assert.Equal(EINVAL, _client.TryRegister(pd + 1, _file.Handle, Address, 4096).Errno);
        Assert.Equal(EINVAL, _client.TryCreateQp(TestVerbs.NewQp(pd + 1, cq.Handle)).Errno);
        Assert.Equal(EINVAL, _client.TryCreateQp(TestVerbs.NewQp(pd, cq.Handle + 1)).Errno);
        Assert.Equal(EINVAL, _client.TryModify(TestVerbs.ToInit(5)).Errno);
        Assert.Equal(EINVAL, _client.Try(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, new ib_uverbs_req_notify_cq { cq_handle = 9 }).Errno);
    }

    [Fact]
    public void Another_sessions_handles_mean_nothing()
    {
        using TestClient other = _device.Open();
        other.AllocatePd();

        Assert.Equal(ENOENT, _client.DeallocatePd(0).Errno);
    }

    [Fact]
    public void What_is_in_use_is_EBUSY()
    {
        uint pd = _client.AllocatePd();
        using TestCompletionQueue cq = _client.CreateCq(8);
        using TestQueuePair qp = _client.CreateQp(TestVerbs.NewQp(pd, cq.Handle));

        Assert.Equal(EBUSY, _client.DeallocatePd(pd).Errno);
        Assert.Equal(EBUSY, _client.DestroyCq(cq.Handle).Errno);
        Assert.Equal(0, _client.DestroyQp(qp.Handle).Errno);
        Assert.Equal(0, _client.DestroyCq(cq.Handle).Errno);
        Assert.Equal(0, _client.DeallocatePd(pd).Errno);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(uint.MaxValue)]
    [InlineData((1u << 20) + 1)]
    public void A_completion_queue_of_an_impossible_size_is_EINVAL(uint entries)
    {
        Assert.Equal(EINVAL, _client.TryCreateCq(entries).Errno);
    }

    [Fact]
    public void A_completion_queue_tells_how_many_entries_it_really_has()
    {
        ib_uverbs_create_cq_resp response = _client.TryCreateCq(100).Read<ib_uverbs_create_cq_resp>();

        Assert.Equal(127u, response.cqe);
    }

    [Fact]
    public void A_completion_channel_that_is_not_there_is_EBADF()
    {
        Assert.Equal(EBADF, _client.TryCreateCq(8, channel: 3).Errno);
    }

    [Fact]
    public void Room_for_the_rxe_providers_response_is_needed()
    {
        Assert.Equal(EINVAL, _client.Try<ib_uverbs_create_cq, ib_uverbs_create_cq_resp>(
            IB_USER_VERBS_CMD_CREATE_CQ, new ib_uverbs_create_cq { cqe = 8, comp_channel = -1 }).Errno);
    }

    [Fact]
    public void The_extended_commands_make_the_same_objects()
    {
        uint pd = _client.AllocatePd();
        TestReply cq = _client.TryExtended<ib_uverbs_ex_create_cq, ib_uverbs_ex_create_cq_resp>(
            IB_USER_VERBS_EX_CMD_CREATE_CQ, new ib_uverbs_ex_create_cq { cqe = 8, comp_channel = -1 }, Unsafe.SizeOf<rxe_create_cq_resp>());
        ib_uverbs_create_qp plain = TestVerbs.NewQp(pd, cq.Read<ib_uverbs_ex_create_cq_resp>().@base.cq_handle);
        TestReply qp = _client.TryExtended<ib_uverbs_ex_create_qp, ib_uverbs_ex_create_qp_resp>(
            IB_USER_VERBS_EX_CMD_CREATE_QP,
            new ib_uverbs_ex_create_qp
            {
                pd_handle = plain.pd_handle,
                send_cq_handle = plain.send_cq_handle,
                recv_cq_handle = plain.recv_cq_handle,
                max_send_wr = 16,
                max_recv_wr = 16,
                max_send_sge = 1,
                max_recv_sge = 1,
                qp_type = plain.qp_type,
            },
            Unsafe.SizeOf<rxe_create_qp_resp>());

        Assert.True(qp.Result > 0, qp.Text);
        Assert.Equal(40u, qp.Read<ib_uverbs_ex_create_qp_resp>().response_length);
        using var ring = _client.MapQueue(qp.Read<rxe_create_qp_resp>(40).sq_mi);
        Assert.Equal(31u, ring.At<rxe_queue_buf>(0).index_mask);
    }

    public static TheoryData<string, ib_uverbs_create_qp, int> BadQueuePairs => new()
    {
        { "too many sends", TestVerbs.NewQp(0, 0) with { max_send_wr = uint.MaxValue }, EINVAL },
        { "too many receives", TestVerbs.NewQp(0, 0) with { max_recv_wr = 1u << 31 }, EINVAL },
        { "too many elements", TestVerbs.NewQp(0, 0) with { max_send_sge = 0x1000_0001 }, EINVAL },
        { "too much inline", TestVerbs.NewQp(0, 0) with { max_inline_data = uint.MaxValue }, EINVAL },
        { "neither RC, UC nor UD", TestVerbs.NewQp(0, 0) with { qp_type = 8 }, EOPNOTSUPP },
        { "a shared receive queue that is not there", TestVerbs.NewQp(0, 0) with { is_srq = 1 }, EINVAL },
    };

    [Theory]
    [MemberData(nameof(BadQueuePairs))]
    public void A_queue_pair_that_cannot_be_is_refused_and_leaves_nothing(string what, ib_uverbs_create_qp request, int expected)
    {
        _client.AllocatePd();
        using TestCompletionQueue cq = _client.CreateCq(8);

        Assert.True(_client.TryCreateQp(request).Errno == expected, what);

        Assert.Equal(1, _device.Mappings.Count);
        Assert.Equal(0, _client.DestroyCq(cq.Handle).Errno);
        Assert.Equal(0, _device.Mappings.Count);
    }

    [Fact]
    public void A_queue_pairs_attributes_and_state_are_what_was_set()
    {
        uint pd = _client.AllocatePd();
        using TestCompletionQueue cq = _client.CreateCq(8);
        using TestQueuePair qp = _client.CreateQp(TestVerbs.NewQp(pd, cq.Handle) with { max_inline_data = 100, sq_sig_all = 1 });
        Assert.Equal(0, qp.ShownState);
        foreach (ib_uverbs_modify_qp step in new[] { TestVerbs.ToInit(qp.Handle), TestVerbs.ToRtr(qp.Handle, qp.Number), TestVerbs.ToRts(qp.Handle) })
        {
            Assert.Equal(0, _client.TryModify(step).Errno);
        }

        ib_uverbs_query_qp_resp query = _client.QueryQp(qp.Handle);

        Assert.Equal((3, 3, qp.Number, 1), (query.qp_state, qp.ShownState, query.dest_qp_num, query.sq_sig_all));
        Assert.Equal((31u, 31u, 100u), (query.max_send_wr, query.max_recv_wr, query.max_inline_data));
        Assert.Equal((14, 7, 12, 3), (query.timeout, query.retry_cnt, query.min_rnr_timer, query.dest.sgid_index));
        ReadOnlySpan<byte> gid = query.dest.dgid;
        Assert.Equal(System.Net.IPAddress.Loopback.MapToIPv6().GetAddressBytes(), gid.ToArray());
    }

    [Theory]
    [InlineData(1u << 25, 1, EOPNOTSUPP)]
    [InlineData(1u << 5, 2, EINVAL)]
    public void A_modification_the_device_does_not_know_is_refused(uint mask, byte port, int expected)
    {
        uint pd = _client.AllocatePd();
        using TestCompletionQueue cq = _client.CreateCq(8);
        using TestQueuePair qp = _client.CreateQp(TestVerbs.NewQp(pd, cq.Handle));
        ib_uverbs_modify_qp request = TestVerbs.ToInit(qp.Handle);
        request.attr_mask |= mask;
        request.port_num = port;

        Assert.Equal(expected, _client.TryModify(request).Errno);
        Assert.Equal(0, qp.ShownState);
    }

    [Fact]
    public void A_send_before_RTS_is_EINVAL()
    {
        uint pd = _client.AllocatePd();
        using TestCompletionQueue cq = _client.CreateCq(8);
        using TestQueuePair qp = _client.CreateQp(TestVerbs.NewQp(pd, cq.Handle));

        TestReply reply = _client.Try<ib_uverbs_post_send, ib_uverbs_post_send_resp>(
            IB_USER_VERBS_CMD_POST_SEND, new ib_uverbs_post_send { qp_handle = qp.Handle });

        Assert.Equal(EINVAL, reply.Errno);
    }

    [Fact]
    public void A_queue_is_mapped_once_at_its_own_offset()
    {
        TestReply created = _client.TryCreateCq(8);
        mminfo queue = created.Read<rxe_create_cq_resp>(8).mi;
        byte[] wrongOffset = TestClient.Bytes(new daxemu_mmap { offset = queue.offset + 4096, length = 4096 });
        byte[] tooLong = TestClient.Bytes(new daxemu_mmap { offset = queue.offset, length = queue.size + 1ul });
        byte[] right = TestClient.Bytes(new daxemu_mmap { offset = queue.offset, length = queue.size });

        Assert.Equal(0ul, queue.offset % 4096);
        Assert.Equal(EINVAL, _client.Request(daxemu_device.DAXEMU_REQ_MMAP, wrongOffset).Errno);
        Assert.Equal(EINVAL, _client.Request(daxemu_device.DAXEMU_REQ_MMAP, tooLong).Errno);
        TestReply mapped = _client.Request(daxemu_device.DAXEMU_REQ_MMAP, right);
        Assert.Equal(0, mapped.Errno);
        Assert.True(Linux.Memory.MemoryFile.IsSealedAgainstShrinking(mapped.Descriptors[0]));
        Assert.Equal(EINVAL, _client.Request(daxemu_device.DAXEMU_REQ_MMAP, right).Errno);
    }
}
