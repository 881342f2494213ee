using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>After a deregistration or destruction returns, no engine touches what it was about.</summary>
[Collection(nameof(GatedMemory))]
public sealed class QuiescenceTests
{
    [Fact]
    public void A_region_is_released_only_when_the_copy_under_way_has_ended() => Assert.True(IsQuietAtRelease(skipTheWait: false));

    [Fact]
    public void Without_the_wait_the_copy_is_caught_writing_into_released_memory() => Assert.False(IsQuietAtRelease(skipTheWait: true));

    [Fact]
    public async Task Deregistering_in_mid_transfer_leaves_no_byte_changing_afterwards()
    {
        using Rig rig = new();
        using Traffic traffic = new(rig);
        var (from, to) = (rig.Allocate(1 << 20), rig.Allocate(1 << 20));
        for (int round = 0; round < 200; round++)
        {
            var (a, b) = rig.NewPair(depth: 3);
            var source = rig.Register(a.Domain, 1 << 20, Rig.AllAccess, memory: from).Fill(round);
            var target = rig.Register(b.Domain, 1 << 20, Rig.AllAccess, memory: to);
            a.PostSend(Post.Write(1, target, 0, source.Whole));
            traffic.Add(a.Qp.Number);
            SpinWait.SpinUntil(() => target.Bytes[0] == source.Bytes[0] || target.Bytes[1] == source.Bytes[1]);
            Rig.Ok(rig.Device.Deregister(target.Region));
            byte[] before = target.Bytes.ToArray();
            SpinWait.SpinUntil(() => !a.SendCq.Ring.IsEmpty);
            Assert.True(target.Bytes.SequenceEqual(before), "a byte changed after the deregistration returned");
            Assert.Contains(a.SendCq.TakeOne().status, new[] { IBV_WC_SUCCESS, IBV_WC_REM_ACCESS_ERR });
            foreach (var endpoint in new[] { a, b })
            {
                Rig.Ok(rig.Device.DestroyQueuePair(endpoint.Qp));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.SendCq.Cq));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.ReceiveCq.Cq));
            }

            Rig.Ok(rig.Device.Deregister(source.Region));
            Rig.Ok(rig.Device.DeallocateDomain(a.Domain));
            Rig.Ok(rig.Device.DeallocateDomain(b.Domain));
        }

        await traffic.StopAsync();
    }

    // The detector looks at the memory at the moment it may be unmapped: every byte must be where it will stay.
    private static bool IsQuietAtRelease(bool skipTheWait)
    {
        GatedMemory.Close();
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var source = a.Register(4096).Fill(1);
        var memory = rig.Allocate(4096);
        byte[]? atRelease = null;
        var mapping = RegisterObserved(rig, b, memory, () => atRelease = memory.Bytes.ToArray());
        a.PostSend(Post.Write(1, mapping, 0, source.Whole));

        using NicEngine engine = new(rig.Block, rig.Mappings, GatedMemory.Routines, rig.Events);
        Thread drain = new(() => engine.Drain(a.Qp.Number, 1));
        drain.Start();
        GatedMemory.WaitUntilACopyIsUnderWay();
        Thread deregister = new(() =>
        {
            if (skipTheWait)
            {
                Volatile.Write(ref rig.Block.RegionByKey(mapping.Key).Key, 0);
                mapping.Region.Mapping.Release();
            }
            else
            {
                Rig.Ok(rig.Device.Deregister(mapping.Region));
            }
        });
        deregister.Start();
        // Invalid: from here on only the wait keeps the memory from being released.
        SpinWait.SpinUntil(() => Volatile.Read(ref rig.Block.RegionByKey(mapping.Key).Key) == 0);
        if (skipTheWait)
        {
            deregister.Join();
        }

        GatedMemory.Open();
        deregister.Join();
        drain.Join();
        return atRelease.AsSpan().SequenceEqual(memory.Bytes);
    }

    private static unsafe TestRegion RegisterObserved(Rig rig, Endpoint endpoint, Allocation memory, Action onRelease)
    {
        int mapping = rig.Mappings.Add((nint)memory.Start, memory.Length).Value;
        MemoryRegionRequest request = new(
            0x1000, 4096, Rig.AllAccess, [], _ => new RegionMapping(mapping, 0, onRelease));
        return new TestRegion(memory, Rig.Ok(rig.Device.RegisterAsync(endpoint.Domain, request, default).AsTask().Result));
    }
}
