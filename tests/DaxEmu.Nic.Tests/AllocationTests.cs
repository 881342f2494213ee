using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>The data path leaves nothing for the garbage collector.</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests
{
    private const int Operations = 100_000;

    public static TheoryData<uint> Opcodes() =>
    [
        IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WR_SEND, IBV_WR_SEND_WITH_IMM, IBV_WR_RDMA_READ,
        IBV_WR_ATOMIC_CMP_AND_SWP, IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WR_ATOMIC_WRITE,
    ];

    [Theory]
    [MemberData(nameof(Opcodes))]
    public unsafe void A_hundred_thousand_operations_allocate_no_byte(uint opcode)
    {
        using Rig rig = new(events: new SilentEvents());
        var (a, b) = rig.NewPair();
        var (local, remote) = (a.Register(64), b.Register(64));
        bool needsReceive = opcode is IBV_WR_SEND or IBV_WR_SEND_WITH_IMM or IBV_WR_RDMA_WRITE_WITH_IMM;
        // The same work request again and again: the rings' elements keep what was posted once.
        while (!a.SendRing.IsFull)
        {
            a.PostSend(Post.Write(1, remote, 0, local.Sge(0, 8)) with { Opcode = opcode });
        }

        while (!b.ReceiveRing.IsFull)
        {
            b.PostReceive(1, remote.Sge(0, 8));
        }

        for (int slot = 0; slot < 2; slot++)
        {
            Cycle(rig, a, b, needsReceive);
        }

        Assert.Equal(0, Enumerable.Range(0, 3).Min(_ => Allocated(rig, a, b, needsReceive)));
    }

    [Fact]
    public void Nor_do_a_hundred_thousand_writes_through_a_window()
    {
        using Rig rig = new(events: new SilentEvents());
        var (a, b) = rig.NewPair();
        var (local, remote) = (a.Register(64), b.Register(64, Rig.AllAccess | IBV_ACCESS_MW_BIND));
        var window = Rig.Ok(rig.Device.AllocateWindow(b.Domain, IBV_MW_TYPE_2));
        Assert.Equal(0U, b.Do(Post.Bind(1, window.Key, remote, 0, 8, IBV_ACCESS_REMOTE_WRITE)).status);
        while (!a.SendRing.IsFull)
        {
            a.PostSend(Post.Write(1, remote, 0, local.Sge(0, 8)) with { RemoteKey = Post.Next(window.Key) });
        }

        for (int slot = 0; slot < 2; slot++)
        {
            Cycle(rig, a, b, needsReceive: false);
        }

        Assert.Equal(0, Enumerable.Range(0, 3).Min(_ => Allocated(rig, a, b, needsReceive: false)));
    }

    // Once in a while the runtime allocates on this thread, as when it compiles a method anew; what the data path did, it would do each time.
    private static long Allocated(Rig rig, Endpoint a, Endpoint b, bool needsReceive)
    {
        int completed = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (completed < Operations)
        {
            completed += Cycle(rig, a, b, needsReceive);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void A_hundred_thousand_datagrams_allocate_no_byte(bool toGroup)
    {
        using Rig rig = new(events: new SilentEvents());
        var (a, b) = (rig.NewDatagramEndpoint(owner: 1), rig.NewDatagramEndpoint(owner: 2));
        var (local, remote) = (a.Register(64), b.Register(64));
        Gid group = new(new UInt128(0xff0e_0000_0000_0000, 1));
        Rig.Ok(rig.Device.AttachMulticast(b.Qp, group));
        AddressVector path = new() { IsGlobal = true, PortNumber = 1, DestinationGid = toGroup ? group : Rig.LocalGid };
        var handle = Rig.Ok(rig.Device.CreateAddressHandle(a.Domain, path));
        while (!a.SendRing.IsFull)
        {
            a.PostSend(new Post
            {
                IsDatagram = true,
                RemoteQp = toGroup ? 0xff_ffff : b.Qp.Number,
                RemoteQkey = Rig.Qkey,
                Handle = handle.Number,
                Sges = [local.Sge(0, 8)],
            });
        }

        while (!b.ReceiveRing.IsFull)
        {
            b.PostReceive(1, remote.Whole);
        }

        Cycle(rig, a, b, needsReceive: true);
        Cycle(rig, a, b, needsReceive: true);

        Assert.Equal(0, Enumerable.Range(0, 3).Min(_ => Allocated(rig, a, b, needsReceive: true)));
    }

    private static unsafe int Cycle(Rig rig, Endpoint a, Endpoint b, bool needsReceive)
    {
        rig.Device.ArmCompletionQueue(a.SendCq.Cq, solicitedOnly: false);
        rig.Engine.Drain(a.Qp.Number, rig.Now);
        int completed = 0;
        while (a.SendCq.TryPoll(out var completion))
        {
            if (completion.status != 0)
            {
                throw new InvalidOperationException($"status {completion.status}");
            }

            completed++;
            Repost(a.SendRing, 512);
        }

        while (needsReceive && b.ReceiveCq.TryPoll(out _))
        {
            Repost(b.ReceiveRing, 128);
        }

        return completed;
    }

    // The slot that was always empty takes a copy of its neighbour.
    private static unsafe void Repost(ClientRing ring, uint bytes)
    {
        uint size = Math.Min(bytes, 1U << (int)ring.Header->log2_elem_size);
        byte* first = ring.Memory.Start + 384;
        if (ring.AtProducer != first)
        {
            Buffer.MemoryCopy(first, ring.AtProducer, size, size);
        }

        ring.AdvanceProducer();
    }

    private sealed class SilentEvents : INicEvents
    {
        public void CompletionEvent(uint cqNumber, ulong cookie)
        {
        }

        public void AsyncEvent(uint eventType, uint number, ulong cookie)
        {
        }

        public void OrphanTouched(uint key, ulong offset, uint length)
        {
        }

        public void DrainNeeded(uint qpNumber, ulong cookie)
        {
        }

        public void MemoryFault(uint key, ulong offset, int errno)
        {
        }
    }
}
