using System.Runtime.InteropServices;
using CsCheck;
using DaxEmu.Abi;
using DaxEmu.Linux;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static DaxEmu.Abi.ib_uverbs_write_cmds;

namespace DaxEmu.Device.Tests;

/// <summary>Commands bent in every way take down neither the device nor another session.</summary>
public sealed class HostileClientTests : IDisposable
{
    private const int Commands = 100_000;
    private const ulong Address = 0x10_0000;

    private readonly TestDevice _device = new(
        new DeviceServerOptions { SocketPath = "@daxemu-test-" + Guid.NewGuid(), MaxRingBytesPerUser = 64 << 20, MaxObjectsPerUser = 2000 });

    private readonly TestFile _file = new(65536);

    public void Dispose()
    {
        _device.Dispose();
        _file.Dispose();
    }

    // Well-formed commands whose objects exist, so that a bent one gets far.
    private static byte[][] Seeds =>
    [
        TestClient.Framed(IB_USER_VERBS_CMD_GET_CONTEXT, new byte[8], 8),
        TestClient.Framed(IB_USER_VERBS_CMD_QUERY_DEVICE, new byte[8], 176),
        TestClient.Framed(IB_USER_VERBS_CMD_QUERY_PORT, TestClient.Bytes(new ib_uverbs_query_port { port_num = 1 }), 40),
        TestClient.Framed(IB_USER_VERBS_CMD_ALLOC_PD, new byte[8], 4),
        TestClient.Framed(IB_USER_VERBS_CMD_DEALLOC_PD, [1, 0, 0, 0], 0),
        TestClient.Framed(
            IB_USER_VERBS_CMD_REG_MR, TestClient.Bytes(new ib_uverbs_reg_mr { start = Address, hca_va = Address, length = 4096, access_flags = 1 }), 12),
        TestClient.Framed(IB_USER_VERBS_CMD_DEREG_MR, [0, 0, 0, 0], 0),
        TestClient.Framed(IB_USER_VERBS_CMD_CREATE_COMP_CHANNEL, new byte[8], 4),
        TestClient.Framed(IB_USER_VERBS_CMD_CREATE_CQ, TestClient.Bytes(new ib_uverbs_create_cq { cqe = 16, comp_channel = -1 }), 24),
        TestClient.Framed(IB_USER_VERBS_CMD_DESTROY_CQ, new byte[16], 8),
        TestClient.Framed(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ, new byte[8], 0),
        TestClient.Framed(IB_USER_VERBS_CMD_CREATE_QP, TestClient.Bytes(TestVerbs.NewQp(0, 0)), 64),
        TestClient.Framed(IB_USER_VERBS_CMD_QUERY_QP, new byte[16], 128),
        TestClient.Framed(IB_USER_VERBS_CMD_MODIFY_QP, TestClient.Bytes(TestVerbs.ToInit(0)), 0),
        TestClient.Framed(IB_USER_VERBS_CMD_MODIFY_QP, TestClient.Bytes(TestVerbs.ToRtr(0, 1025)), 0),
        TestClient.Framed(IB_USER_VERBS_CMD_MODIFY_QP, TestClient.Bytes(TestVerbs.ToRts(0)), 0),
        TestClient.Framed(IB_USER_VERBS_CMD_DESTROY_QP, new byte[16], 4),
        TestClient.Framed(IB_USER_VERBS_CMD_POST_SEND, new byte[24], 4),
        TestClient.Framed(IB_USER_VERBS_CMD_CREATE_QP, TestClient.Bytes(TestVerbs.NewQp(0, 0) with { qp_type = 4 }), 64),
        TestClient.Framed(IB_USER_VERBS_CMD_CREATE_AH, TestClient.Bytes(NewHandle()), 12),
        TestClient.Framed(IB_USER_VERBS_CMD_DESTROY_AH, [0, 0, 0, 0], 0),
        TestClient.Framed(IB_USER_VERBS_CMD_ATTACH_MCAST, [0xff, .. new byte[23]], 0),
        TestClient.Framed(IB_USER_VERBS_CMD_DETACH_MCAST, [0xff, .. new byte[23]], 0),
    ];

    private static ib_uverbs_create_ah NewHandle()
    {
        ib_uverbs_create_ah request = new();
        request.attr.is_global = 1;
        request.attr.port_num = 1;
        request.attr.grh.sgid_index = 3;
        System.Net.IPAddress.Loopback.MapToIPv6().GetAddressBytes().CopyTo(request.attr.grh.dgid);
        return request;
    }

    private static uint[] Breakers => [0, 1, 2, 3, 255, 0x7fff_ffff, 0x8000_0000, uint.MaxValue];

    // A few words of a seed replaced, most often by the numbers that break things.
    private static Gen<byte[]> BentCommand { get; } = Gen.Select(
        Gen.Int[0, Seeds.Length - 1].Select(i => Seeds[i]),
        Gen.Select(
            Gen.Int[0, 31],
            Gen.OneOf(Gen.Int[0, Breakers.Length - 1].Select(i => Breakers[i]), Gen.UInt)).Array[0, 3],
        (seed, edits) =>
        {
            byte[] bent = [.. seed];
            foreach ((int word, uint value) in edits)
            {
                if ((word + 1) * sizeof(uint) <= bent.Length)
                {
                    MemoryMarshal.Write(bent.AsSpan(word * sizeof(uint)), value);
                }
            }

            return bent;
        });

    [Fact]
    public void A_hundred_thousand_bent_commands_do_no_harm()
    {
        using Side a = new(_device, _file, Address);
        using Side b = new(_device, _file, Address);
        TestVerbs.Connect(a.Qp, b.Qp);
        TestClient hostile = _device.Open();
        int sent = 0;
        Dictionary<int, int> answers = [];

        BentCommand.Array[100].Sample(
            commands =>
            {
                foreach (byte[] command in commands)
                {
                    TestReply reply = hostile.Write(command, [new daxemu_segment { address = Address, length = 4096, protection = 3 }], _file.Handle);
                    Close(reply);
                    CollectionsMarshal.GetValueRefOrAddDefault(answers, reply.Errno, out _)++;
                    if (++sent % 1000 == 0)
                    {
                        // Its objects go with it, so that the quota does not answer everything in the end.
                        hostile.Dispose();
                        hostile = _device.Open();
                        a.Qp.Post(ibv_wr_opcode.IBV_WR_RDMA_WRITE, 1, a.All with { length = 64 }, Address + 128, b.Region.rkey);
                        Assert.Equal(ibv_wc_status.IBV_WC_SUCCESS, a.Cq.Poll().status);
                    }
                }
            },
            iter: Commands / 100,
            threads: 1);

        hostile.Dispose();
        Assert.True(answers[0] > Commands / 20, "the commands were all refused at the door");
        Assert.True(answers.Count > 5, "few of the checks were met");
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void Bent_messages_end_at_most_their_own_session()
    {
        using TestClient good = _device.Open();
        Gen.Select(Gen.UInt[0, 6], Gen.OneOf(Gen.Int[0, 4], Gen.Int[-3, 300]), Gen.Byte.Array[0, 200]).Sample(
            (type, lie, body) =>
            {
                using TestClient hostile = new(_device.Options.SocketPath);
                hostile.Hello();
                hostile.Connection.Send(
                    [.. TestClient.Bytes(new daxemu_request { type = type, length = (uint)(body.Length + (lie > 4 ? lie : 0)) }), .. body]);
                try
                {
                    hostile.Connection.Receive(new byte[8192]).CloseDescriptors();
                }
                catch (LinuxException)
                {
                    // Ended by the device, with something unread: as good an answer as any.
                }
            },
            iter: 2000,
            threads: 1);

        Assert.Equal(0u, good.AllocatePd());
        Assert.Empty(_device.Log.Failures);
    }

    private static void Close(TestReply reply)
    {
        foreach (SafeFileHandle descriptor in reply.Descriptors)
        {
            descriptor.Dispose();
        }
    }
}
