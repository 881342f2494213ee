using System.Runtime.InteropServices;
using CsCheck;
using DaxEmu.Abi;
using DaxEmu.Linux;
using Microsoft.Win32.SafeHandles;
using Xunit;

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

    [Fact]
    public void A_hundred_thousand_bent_commands_with_descriptors_of_every_kind_do_no_harm()
    {
        using Side a = new(_device, _file, Address);
        using Side b = new(_device, _file, Address);
        using OddDescriptors odd = new(_file);
        TestVerbs.Connect(a.Qp, b.Qp);
        TestClient hostile = _device.Open();
        Random random = new(1);
        CommandGenerator generator = new(random);
        CommandMutator mutator = new(random);
        Dictionary<int, int> answers = [];
        for (int sent = 1; sent <= Commands; sent++)
        {
            CommandShape shape = CommandShape.All[random.Next(CommandShape.All.Length)];
            byte[] command = generator.Make(shape);
            if (random.Next(4) != 0)
            {
                command = mutator.Bend(command, shape.IsExtended);
            }

            SafeFileHandle[] memory = random.Next(4) == 0
                ? [.. Enumerable.Range(0, random.Next(3)).Select(_ => odd.All[random.Next(odd.All.Length)])]
                : [_file.Handle];
            TestReply reply = hostile.Write(command, [new daxemu_segment { address = Address, length = 65536, protection = 3 }], memory);
            Close(reply);
            CollectionsMarshal.GetValueRefOrAddDefault(answers, reply.Errno, out _)++;
            if (reply.Result >= 0)
            {
                generator.Learn(shape, command, reply.Body);
            }

            if (sent % 1000 == 0)
            {
                // Its objects go with it, so that the quota does not answer everything in the end.
                hostile.Dispose();
                hostile = _device.Open();
                generator.Objects.Clear();
                a.Qp.Post(ibv_wr_opcode.IBV_WR_RDMA_WRITE, 1, a.All with { length = 64 }, Address + 128, b.Region.rkey);
                Assert.Equal(ibv_wc_status.IBV_WC_SUCCESS, a.Cq.Poll().status);
            }
        }

        hostile.Dispose();
        Assert.True(answers[0] > Commands / 20, "the commands were all refused at the door");
        Assert.True(answers.Count > 5, "few of the checks were met");
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void Hundreds_of_connections_that_say_nothing_or_go_at_once_keep_nobody_out()
    {
        using TestClient good = _device.Open();
        List<TestClient> silent = [];
        for (int i = 0; i < 900; i++)
        {
            TestClient client = new(_device.Options.SocketPath);
            switch (i % 3)
            {
                case 0:
                    silent.Add(client);
                    break;
                case 1:
                    client.Dispose();
                    break;
                default:
                    // A hello whose answer nobody waits for.
                    client.Connection.Send([.. TestClient.Bytes(new daxemu_request { type = 1, length = 120 }), .. new byte[120]]);
                    client.Dispose();
                    break;
            }
        }

        Assert.True(good.DeallocatePd(good.AllocatePd()).Result > 0);
        silent.ForEach(c => c.Dispose());
        _device.Open().Dispose();
        Assert.Empty(_device.Log.Failures);
    }

    [Fact]
    public void Bent_messages_end_at_most_their_own_session()
    {
        using TestClient good = _device.Open();
        using OddDescriptors odd = new(_file);
        Gen.Select(
            Gen.UInt[0, 10], Gen.OneOf(Gen.Int[0, 4], Gen.Int[-3, 300]), Gen.Byte.Array[0, 200], Gen.Int[0, odd.All.Length - 1].Array[0, 3]).Sample(
            (type, lie, body, passed) =>
            {
                using TestClient hostile = new(_device.Options.SocketPath);
                hostile.Hello();
                hostile.Connection.Send(
                    [.. TestClient.Bytes(new daxemu_request { type = type, length = (uint)(body.Length + (lie > 4 ? lie : 0)) }), .. body],
                    [.. passed.Select(i => odd.All[i])]);
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
