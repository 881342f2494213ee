using System.Buffers.Binary;
using CsCheck;
using DaxEmu.Abi;
using static DaxEmu.Abi.ibv_event_type;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>A client may write anything into its rings at any time: that is its own loss.</summary>
public sealed class HostileRingTests
{
    [Theory]
    [InlineData(32U)]
    [InlineData(0x8000_0000U)]
    [InlineData(uint.MaxValue)]
    public unsafe void A_send_index_outside_the_ring_fails_the_queue_pair(uint index)
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        a.SendRing.Header->producer_index = index;
        rig.Run();
        Assert.Equal((IBV_QPS_ERR, IBV_QPS_RTS), (a.State, b.State));
        Assert.Equal([(IBV_EVENT_QP_FATAL, a.Qp.Number, a.Qp.Request.Cookie)], rig.Events.Async);
    }

    [Fact]
    public unsafe void A_receive_index_outside_the_ring_fails_that_queue_pair_and_the_sender_is_told()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        b.ReceiveRing.Header->producer_index = 32;
        Assert.Equal(IBV_WC_REM_OP_ERR, a.Do(Post.Send(1, a.Register(8).Whole)).status);
        Assert.Equal([(IBV_EVENT_QP_FATAL, b.Qp.Number, b.Qp.Request.Cookie)], rig.Events.Async);
    }

    [Fact]
    public unsafe void Sizes_in_the_header_are_not_believed()
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        foreach (var ring in new[] { a.SendRing, a.SendCq.Ring, b.ReceiveRing })
        {
            ring.Header->log2_elem_size = 31;
            ring.Header->index_mask = uint.MaxValue;
        }

        rig.Run();
        var sizes = a.Qp.Request.Capabilities.SendRing;
        a.SendRing.Header->log2_elem_size = (uint)sizes.Log2ElementSize;
        a.SendRing.Header->index_mask = sizes.IndexMask;
        a.PostSend(Post.Write(1, b.Register(64), 0, a.Register(64).Whole));
        a.SendRing.Header->log2_elem_size = 0;
        rig.Run();
        a.SendCq.Ring.Header->index_mask = a.SendCq.Cq.Layout.IndexMask;
        a.SendCq.Ring.Header->log2_elem_size = 6;
        Assert.Equal(IBV_WC_SUCCESS, a.SendCq.TakeOne().status);
    }

    [Fact]
    public void Random_bytes_in_every_ring_harm_only_their_owner() => Gen.Select(Gen.Int, Gen.Int[1, 60]).Sample(
        (seed, scribbles) =>
        {
            using Rig rig = new();
            var (good, peer) = rig.NewPair();
            var (source, target) = (good.Register(512).Fill(seed), peer.Register(512));
            var (bad, victim) = rig.NewPair();
            var secret = victim.Register(512).Fill(1);
            byte[] before = secret.Bytes.ToArray();
            Rig.Ok(victim.Modify(new QpAttributes { AccessFlags = 0 }, ibv_qp_attr_mask.IBV_QP_ACCESS_FLAGS));
            Random random = new(seed);
            ClientRing[] rings = [bad.SendRing, bad.ReceiveRing, bad.SendCq.Ring, bad.ReceiveCq.Ring];
            for (ulong id = 1UL; id <= 10; id++)
            {
                for (int i = 0; i < scribbles; i++)
                {
                    Scribble(rings[random.Next(rings.Length)].Memory, random);
                }
                // No client runs between two calls, so a turn that does not end in time would hang here.
                for (int turn = 0; turn < 100 && rig.Engine.Drain(bad.Qp.Number, rig.Now).Status == DrainStatus.More; turn++)
                {
                    rig.Now += 1000;
                }

                rig.Engine.Drain(victim.Qp.Number, rig.Now);
                Assert.Equal(IBV_WC_SUCCESS, good.Do(Post.Write(id, target, 0, source.Whole)).status);
            }

            Assert.Equal(source.Bytes.ToArray(), target.Bytes.ToArray());
            Assert.Equal(before, secret.Bytes.ToArray());
        },
        iter: 300,
        threads: 1);

    [Fact]
    public void Random_bytes_in_the_rings_of_unreliable_queue_pairs_harm_only_their_owner() => Gen.Select(Gen.Int, Gen.Int[1, 60]).Sample(
        (seed, scribbles) =>
        {
            using Rig rig = new();
            var (good, peer) = (rig.NewDatagramEndpoint(owner: 1), rig.NewDatagramEndpoint(owner: 2));
            Gid group = new(new UInt128(0xff0e_0000_0000_0000, 1));
            foreach (var member in new[] { good, peer })
            {
                Rig.Ok(rig.Device.AttachMulticast(member.Qp, group));
            }

            AddressVector path = new() { IsGlobal = true, PortNumber = 1, DestinationGid = Rig.LocalGid };
            var handle = Rig.Ok(rig.Device.CreateAddressHandle(good.Domain, path));
            var (source, target) = (good.Register(512).Fill(seed), peer.Register(552));
            // Its own handles, so that a scribble can hit one; the other's are of another protection domain.
            var datagram = rig.NewDatagramEndpoint(owner: 3, qkey: 99);
            Rig.Ok(rig.Device.CreateAddressHandle(datagram.Domain, path));
            Rig.Ok(rig.Device.CreateAddressHandle(datagram.Domain, path with { DestinationGid = group }));
            var (connected, victim) = rig.NewUnreliablePair();
            var secret = victim.Register(512).Fill(1);
            byte[] before = secret.Bytes.ToArray();
            Rig.Ok(victim.Modify(new QpAttributes { AccessFlags = 0 }, ibv_qp_attr_mask.IBV_QP_ACCESS_FLAGS));
            Random random = new(seed);
            ClientRing[] rings = [.. new[] { datagram, connected }.SelectMany(
                e => new[] { e.SendRing, e.ReceiveRing, e.SendCq.Ring, e.ReceiveCq.Ring })];
            for (ulong id = 1UL; id <= 10; id++)
            {
                for (int i = 0; i < scribbles; i++)
                {
                    Scribble(rings[random.Next(rings.Length)].Memory, random);
                }

                foreach (var bad in new[] { datagram, connected })
                {
                    for (int turn = 0; turn < 100 && rig.Engine.Drain(bad.Qp.Number, rig.Now).Status == DrainStatus.More; turn++)
                    {
                        rig.Now += 1000;
                    }
                }

                rig.Engine.Drain(victim.Qp.Number, rig.Now);
                peer.PostReceive(id, target.Whole);
                Assert.Equal(IBV_WC_SUCCESS, good.Do(new Post
                {
                    Id = id,
                    IsDatagram = true,
                    RemoteQp = peer.Qp.Number,
                    RemoteQkey = Rig.Qkey,
                    Handle = handle.Number,
                    Sges = [source.Whole],
                }).status);
                Assert.Equal((id, good.Qp.Number), peer.ReceiveCq.TakeOne() is var c ? (c.wr_id, c.src_qp) : default);
            }

            Assert.Equal(source.Bytes.ToArray(), target.Bytes[40..].ToArray());
            Assert.Equal(before, secret.Bytes.ToArray());
        },
        iter: 300,
        threads: 1);

    [Fact]
    public unsafe void Bytes_that_change_while_the_engine_reads_them_harm_only_their_owner()
    {
        using Rig rig = new();
        var (good, peer) = rig.NewPair();
        var (source, target) = (good.Register(512).Fill(1), peer.Register(512));
        bool stop = false;
        var endpoints = Enumerable.Range(0, 6).Select(_ => rig.NewPair(depth: 7)).ToArray();
        foreach (var (bad, _) in endpoints)
        {
            var memory = bad.Register(512);
            for (ulong id = 1UL; id <= 7; id++)
            {
                bad.PostSend(Post.Write(id, memory, 0, memory.Sge(0, 64)));
            }
        }

        Thread scribbler = new(() =>
        {
            Random random = new(5);
            while (!Volatile.Read(ref stop))
            {
                foreach (var (bad, victim) in endpoints)
                {
                    Scribble(bad.SendRing.Memory, random);
                    Scribble(victim.ReceiveRing.Memory, random);
                    Scribble(bad.SendCq.Ring.Memory, random);
                    bad.SendRing.Header->producer_index = (uint)random.Next(8);
                }
            }
        });
        scribbler.Start();
        for (ulong id = 1UL; id <= 20_000; id++)
        {
            foreach (var (bad, victim) in endpoints)
            {
                rig.Engine.Drain(bad.Qp.Number, rig.Now += 100);
                rig.Engine.Drain(victim.Qp.Number, rig.Now);
            }

            good.PostSend(Post.Write(id, target, 0, source.Whole));
            rig.Engine.Drain(good.Qp.Number, rig.Now);
            Assert.Equal((id, IBV_WC_SUCCESS), good.SendCq.TakeOne() is var c ? (c.wr_id, c.status) : default);
        }

        Volatile.Write(ref stop, true);
        scribbler.Join();
        Assert.Equal(source.Bytes.ToArray(), target.Bytes.ToArray());
    }

    // Mostly where it hurts: indices, opcodes, counts, lengths, keys; with values that are small, huge or random.
    private static void Scribble(Allocation memory, Random random)
    {
        int[] places = [0, 4, 128, 256, 384 + 12, 384 + 16, 384 + 24, 384 + 28, 384 + 32, 384 + 36, 384 + 184, 384 + 196, 384 + 208, 384 + 216, 384 + 220];
        int place = random.Next(3) == 0 ? random.Next((int)memory.Length / 4) * 4 : places[random.Next(places.Length)];
        uint value = random.Next(3) switch
        {
            0 => (uint)random.Next(64),
            1 => uint.MaxValue - (uint)random.Next(4),
            _ => (uint)random.Next(),
        };
        BinaryPrimitives.WriteUInt32LittleEndian(memory.Bytes[place..], value);
    }
}
