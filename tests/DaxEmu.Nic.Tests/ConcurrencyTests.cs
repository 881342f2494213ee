using static DaxEmu.Abi.ibv_qp_attr_mask;
using static DaxEmu.Abi.ibv_qp_state;
using static DaxEmu.Abi.ibv_wc_status;
using static DaxEmu.Abi.ibv_wr_opcode;

namespace DaxEmu.Nic.Tests;

/// <summary>Several engines at once, on the same and on different queue pairs.</summary>
public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Completions_stay_exactly_once_and_in_order_with_engines_that_race_for_the_same_queue_pairs()
    {
        const ulong Messages = 20_000;
        using Rig rig = new();
        var sharedCq = rig.NewCq(entries: 255);
        var pairs = Enumerable.Range(0, 3).Select(_ =>
        {
            var a = rig.NewEndpoint(sendCq: sharedCq);
            var b = rig.NewEndpoint();
            Rig.Connect(a, b);
            return (A: a, B: b, Local: a.Register(64), Remote: b.Register(64));
        }).ToArray();
        using Traffic traffic = new(rig, workers: 3);
        foreach (var (a, b, _, _) in pairs)
        {
            traffic.Add(a.Qp.Number);
            traffic.Add(b.Qp.Number);
        }

        CompletionAudit sends = new();
        CompletionAudit receives = new();
        ulong[] posted = new ulong[pairs.Length];
        ulong[] received = new ulong[pairs.Length];
        ulong open = (ulong)pairs.Length * Messages;
        while (open > 0)
        {
            for (int i = 0; i < pairs.Length; i++)
            {
                var (a, b, local, remote) = pairs[i];
                if (posted[i] < Messages && !a.SendRing.IsFull)
                {
                    a.PostSend(Post.Send(++posted[i], local.Sge(0, 8)));
                }

                if (received[i] < Messages && !b.ReceiveRing.IsFull)
                {
                    b.PostReceive(++received[i], remote.Sge(0, 8));
                }

                while (b.ReceiveCq.TryPoll(out var receive))
                {
                    receives.Add(receive);
                }
            }

            while (sharedCq.TryPoll(out var send))
            {
                sends.Add(send);
                open--;
            }
        }

        await traffic.StopAsync();
        foreach (var (a, b, _, _) in pairs)
        {
            b.ReceiveCq.TakeAll().ForEach(c => receives.Add(c));
            sends.Finish(a.Qp.Number, Messages);
            receives.Finish(b.Qp.Number, Messages);
        }

        Assert.Empty(sends.Findings);
        Assert.Empty(receives.Findings);
    }

    [Fact]
    public async Task Atomics_from_many_queue_pairs_lose_no_update()
    {
        const ulong Additions = 10_000;
        using Rig rig = new();
        var target = rig.NewEndpoint();
        var counter = target.Register(64);
        var adders = Enumerable.Range(0, 3).Select(_ =>
        {
            var a = rig.NewEndpoint();
            var b = rig.NewEndpoint(domain: target.Domain);
            Rig.Connect(a, b);
            return (A: a, Old: a.Register(64));
        }).ToArray();
        using Traffic traffic = new(rig, workers: 3);
        foreach (var (a, _) in adders)
        {
            traffic.Add(a.Qp.Number);
        }

        ulong done = 0UL;
        ulong[] posted = new ulong[adders.Length];
        while (done < Additions * (ulong)adders.Length)
        {
            for (int i = 0; i < adders.Length; i++)
            {
                var (a, old) = adders[i];
                if (posted[i] < Additions && !a.SendRing.IsFull)
                {
                    a.PostSend(Post.FetchAdd(++posted[i], counter, 0, 1, old.Sge(0, 8)));
                }

                while (a.SendCq.TryPoll(out var completion))
                {
                    Assert.Equal(IBV_WC_SUCCESS, completion.status);
                    done++;
                }
            }
        }

        await traffic.StopAsync();
        Assert.Equal(done, counter.Word(0));
    }

    [Fact]
    public async Task Destroying_queue_pairs_under_traffic_harms_nobody_else()
    {
        using Rig rig = new();
        var (steady, peer) = rig.NewPair();
        var (local, remote) = (steady.Register(64), peer.Register(64));
        using Traffic traffic = new(rig);
        traffic.Add(steady.Qp.Number);
        ulong id = 0UL;
        CompletionAudit audit = new();
        for (int round = 0; round < 300; round++)
        {
            var (a, b) = rig.NewPair(depth: 3);
            var (mine, theirs) = (a.Register(4096), b.Register(4096));
            traffic.Add(a.Qp.Number);
            traffic.Add(b.Qp.Number);
            b.PostReceive(1, theirs.Whole);
            a.PostSend(Post.Send(1, mine.Whole));
            a.PostSend(Post.Write(2, theirs, 0, mine.Whole));
            steady.PostSend(Post.Write(++id, remote, 0, local.Whole));
            SpinWait.SpinUntil(() => !steady.SendCq.Ring.IsEmpty);
            audit.Add(steady.SendCq.TakeOne());
            foreach (var endpoint in new[] { b, a })
            {
                Rig.Ok(rig.Device.DestroyQueuePair(endpoint.Qp, abandoned: round % 2 == 0));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.SendCq.Cq));
                Rig.Ok(rig.Device.DestroyCompletionQueue(endpoint.ReceiveCq.Cq));
                rig.Device.ReleaseOwner(0);
            }

            Rig.Ok(rig.Device.Deregister(mine.Region));
            Rig.Ok(rig.Device.Deregister(theirs.Region));
            Rig.Ok(rig.Device.DeallocateDomain(a.Domain));
            Rig.Ok(rig.Device.DeallocateDomain(b.Domain));
        }

        await traffic.StopAsync();
        audit.Finish(steady.Qp.Number, id);
        Assert.Empty(audit.Findings);
    }

    [Fact]
    public async Task Datagrams_of_many_senders_reach_one_receiver_each_exactly_once()
    {
        const int Senders = 4;
        const ulong EachSends = 5000;
        using Rig rig = new();
        var receiver = rig.NewDatagramEndpoint(owner: 9, depth: 255, receiveCq: rig.NewCq(255, owner: 9));
        var inbox = receiver.Register(4136);
        AddressVector path = new() { IsGlobal = true, PortNumber = 1, DestinationGid = Rig.LocalGid };
        var senders = Enumerable.Range(0, Senders).Select(i => rig.NewDatagramEndpoint(owner: (ulong)i + 1)).ToArray();
        var handles = senders.Select(s => Rig.Ok(rig.Device.CreateAddressHandle(s.Domain, path)).Number).ToArray();
        var outbox = senders.Select(s => s.Register(4096)).ToArray();
        using Traffic traffic = new(rig);
        foreach (var sender in senders)
        {
            traffic.Add(sender.Qp.Number);
        }

        // Nothing is lost as long as a receive waits for every datagram that is under way.
        ulong[] posted = new ulong[Senders], sent = new ulong[Senders], received = new ulong[Senders];
        List<string> findings = [];
        ulong receives = 0;
        while (findings.Count == 0 && received.Any(r => r < EachSends))
        {
            while (!receiver.ReceiveRing.IsFull)
            {
                receiver.PostReceive(++receives, inbox.Whole);
            }

            for (int i = 0; i < Senders; i++)
            {
                while (posted[i] < EachSends && posted[i] - received[i] < 20)
                {
                    senders[i].PostSend(new Post
                    {
                        Opcode = IBV_WR_SEND_WITH_IMM,
                        Immediate = (uint)++posted[i],
                        IsDatagram = true,
                        RemoteQp = receiver.Qp.Number,
                        RemoteQkey = Rig.Qkey,
                        Handle = handles[i],
                        Sges = [outbox[i].Whole],
                    });
                }

                sent[i] += (ulong)senders[i].SendCq.TakeAll().Count;
            }

            foreach (var completion in receiver.ReceiveCq.TakeAll())
            {
                int from = Array.FindIndex(senders, s => s.Qp.Number == completion.src_qp);
                if (completion.ex_imm_data != ++received[from])
                {
                    findings.Add($"sender {from}: {completion.ex_imm_data} came as {received[from]}");
                }
            }

            // A receive is completed before the send that it belongs to.
            findings.AddRange(Enumerable.Range(0, Senders).Where(i => received[i] < sent[i]).Select(i => $"sender {i}: one is lost"));

            Thread.Yield();
        }

        await traffic.StopAsync();
        Assert.Empty(findings);
    }

    [Fact]
    public async Task An_atomic_on_a_region_that_goes_away_meanwhile_is_refused_and_never_reaches_memory()
    {
        const int Rounds = 20_000;
        using Rig rig = new();
        var (a, b) = rig.NewPair();
        var (old, counter) = (a.Register(64), b.Register(64));
        using NicEngine engine = new(rig.Block, rig.Mappings, WatchfulMemory.Routines, rig.Events);
        bool stop = false;
        var invalidator = Task.Factory.StartNew(
            () =>
            {
                // What Deregister and an invalidation on another queue pair do to the entry, and a registration back.
                while (!Volatile.Read(ref stop))
                {
                    Volatile.Write(ref rig.Block.RegionByKey(counter.Key).Key, 0);
                    Thread.SpinWait(1);
                    Volatile.Write(ref rig.Block.RegionByKey(counter.Key).Key, counter.Key);
                    Thread.SpinWait(1);
                }
            },
            TaskCreationOptions.LongRunning);
        int refused = 0, rounds = 0;
        // On a busy machine the other thread may not come to run in the first rounds.
        while (rounds < Rounds || (refused == 0 && rounds < 500 * Rounds))
        {
            rounds++;
            a.PostSend(Post.FetchAdd(1, counter, 0, 1, old.Sge(0, 8)));
            engine.Drain(a.Qp.Number, now: 1);
            if (a.SendCq.TakeOne().status == IBV_WC_SUCCESS)
            {
                continue;
            }

            refused++;
            foreach (var endpoint in new[] { a, b })
            {
                Rig.Ok(endpoint.Modify(new QpAttributes { State = IBV_QPS_RESET }, IBV_QP_STATE));
            }

            Rig.Connect(a, b);
        }

        Volatile.Write(ref stop, true);
        await invalidator;
        Assert.InRange(refused, 1, rounds - 1);
        Assert.NotEqual(0, WatchfulMemory.Calls);
        Assert.Equal(0, WatchfulMemory.WithoutAddress);
    }
}
