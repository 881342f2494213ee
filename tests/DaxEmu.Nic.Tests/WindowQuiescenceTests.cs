using static DaxEmu.Abi.ibv_access_flags;
using static DaxEmu.Abi.ibv_mw_type;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>Once the end of a window's key was told, no byte changes through it, whoever was copying meanwhile.</summary>
[Collection(nameof(GatedMemory))]
public sealed class WindowQuiescenceTests
{
    public enum Ending
    {
        Invalidated,
        BoundElsewhere,
        Deallocated,
    }

    [Theory]
    [InlineData(Ending.Invalidated)]
    [InlineData(Ending.BoundElsewhere)]
    public void The_end_is_told_only_when_the_copy_under_way_has_ended(Ending ending)
    {
        GatedMemory.Close();
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(4096).Fill(1);
        var region = b.Register(8192, Rig.AllAccess | IBV_ACCESS_MW_BIND);
        var (_, key) = Bind(rig, b, region, ending, 4096);
        a.PostSend(Through(key, region, source));

        using NicEngine engine = new(rig.Block, rig.Mappings, GatedMemory.Routines, rig.Events);
        Thread drain = new(() => engine.Drain(a.Qp.Number, 1));
        drain.Start();
        GatedMemory.WaitUntilACopyIsUnderWay();

        b.PostSend(End(ending, key, region));
        rig.Advance(1_000_000);
        bool wasTold = b.SendCq.TryPoll(out _);
        GatedMemory.Open();
        drain.Join();
        Assert.False(wasTold, "the completion came while another engine was in mid-copy");

        rig.Advance(1_000_000);
        Assert.Equal(IBV_WC_SUCCESS, b.SendCq.TakeOne().status);
        Assert.True(source.Bytes.SequenceEqual(region.Bytes[..4096]));
    }

    [Fact]
    public void Deallocation_returns_only_when_the_copy_under_way_has_ended()
    {
        GatedMemory.Close();
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(4096).Fill(1);
        var region = b.Register(8192, Rig.AllAccess | IBV_ACCESS_MW_BIND);
        var (window, key) = Bind(rig, b, region, Ending.Deallocated, 4096);
        a.PostSend(Through(key, region, source));

        using NicEngine engine = new(rig.Block, rig.Mappings, GatedMemory.Routines, rig.Events);
        Thread drain = new(() => engine.Drain(a.Qp.Number, 1));
        drain.Start();
        GatedMemory.WaitUntilACopyIsUnderWay();

        byte[]? atReturn = null;
        Thread deallocate = new(() =>
        {
            Rig.Ok(rig.Device.DeallocateWindow(window));
            atReturn = region.Bytes.ToArray();
        });
        deallocate.Start();
        // Time for one that does not wait to return: it is then seen to have been too early.
        deallocate.Join(TimeSpan.FromMilliseconds(200));
        GatedMemory.Open();
        drain.Join();
        deallocate.Join();
        Assert.True(region.Bytes.SequenceEqual(atReturn), "a byte changed after the deallocation returned");
    }

    [Theory]
    [InlineData(Ending.Invalidated)]
    [InlineData(Ending.BoundElsewhere)]
    [InlineData(Ending.Deallocated)]
    public async Task Ended_in_mid_transfer_no_byte_changes_afterwards(Ending ending)
    {
        const int Bytes = 1 << 20;
        using Rig rig = new();
        using Traffic traffic = new(rig);
        var (from, to) = (rig.Allocate(Bytes), rig.Allocate(Bytes));
        for (int round = 0; round < 100; round++)
        {
            var (a, b) = rig.NewPair(depth: 3);
            var source = rig.Register(a.Domain, Bytes, Rig.AllAccess, memory: from).Fill(round);
            var target = rig.Register(b.Domain, Bytes, Rig.AllAccess | IBV_ACCESS_MW_BIND, memory: to);
            var (window, key) = Bind(rig, b, target, ending, Bytes);
            a.PostSend(Through(key, target, source));
            traffic.Add(a.Qp.Number);
            SpinWait.SpinUntil(() => target.Bytes[0] == source.Bytes[0] || target.Bytes[1] == source.Bytes[1]);
            if (ending == Ending.Deallocated)
            {
                Rig.Ok(rig.Device.DeallocateWindow(window));
            }
            else
            {
                b.PostSend(End(ending, key, target));
                traffic.Add(b.Qp.Number);
                SpinWait.SpinUntil(() => !b.SendCq.Ring.IsEmpty);
                // Flushed when the transfer met the ended key before the completion was due: the peer's error.
                Assert.Contains(b.SendCq.TakeOne().status, new[] { IBV_WC_SUCCESS, IBV_WC_WR_FLUSH_ERR });
            }

            byte[] before = target.Bytes.ToArray();
            SpinWait.SpinUntil(() => !a.SendCq.Ring.IsEmpty);
            Assert.True(target.Bytes.SequenceEqual(before), "a byte changed after the key's end was told");
            Assert.Contains(a.SendCq.TakeOne().status, new[] { IBV_WC_SUCCESS, IBV_WC_REM_ACCESS_ERR });
            foreach (var endpoint in new[] { a, b })
            {
                Rig.Ok(rig.Device.DestroyQueuePair(endpoint.Qp));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.SendCq.Cq));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.ReceiveCq.Cq));
            }

            _ = rig.Device.DeallocateWindow(window);
            Rig.Ok(rig.Device.Deregister(source.Region));
            Rig.Ok(rig.Device.Deregister(target.Region));
            Rig.Ok(rig.Device.DeallocateDomain(a.Domain));
            Rig.Ok(rig.Device.DeallocateDomain(b.Domain));
        }

        await traffic.StopAsync();
    }

    private static (MemoryWindow Window, uint Key) Bind(Rig rig, Endpoint endpoint, TestRegion region, Ending ending, ulong length)
    {
        uint type = ending == Ending.BoundElsewhere ? IBV_MW_TYPE_1 : IBV_MW_TYPE_2;
        var window = Rig.Ok(rig.Device.AllocateWindow(endpoint.Domain, type));
        endpoint.PostSend(Post.Bind(1, window.Key, region, 0, length, IBV_ACCESS_REMOTE_WRITE));
        rig.Engine.Drain(endpoint.Qp.Number, rig.Now);
        while (endpoint.SendCq.Ring.IsEmpty)
        {
            // Engines of the traffic may be at work.
            rig.Engine.Drain(endpoint.Qp.Number, rig.Now += 10_000);
        }

        Assert.Equal(IBV_WC_SUCCESS, endpoint.SendCq.TakeOne().status);
        return (window, Post.Next(window.Key));
    }

    private static Post End(Ending ending, uint key, TestRegion region) => ending == Ending.Invalidated
        ? Post.Invalidate(2, key)
        : Post.Bind(2, key, region, 0, 8, IBV_ACCESS_REMOTE_WRITE);

    private static Post Through(uint key, TestRegion region, TestRegion source) =>
        new() { Opcode = IBV_WR_RDMA_WRITE, Id = 5, RemoteAddress = region.Address, RemoteKey = key, Sges = [source.Whole] };
}
