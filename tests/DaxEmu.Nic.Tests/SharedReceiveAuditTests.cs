using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic.Tests;

/// <summary>
/// Many queue pairs, several engines and one shared receive queue: every receive is used by exactly one message and every message arrives in
/// exactly one receive, by a detector that fires on each way to break that.
/// </summary>
public sealed class SharedReceiveAuditTests
{
    private const int Pairs = 8;
    private const int MessagesPerPair = 2000;
    private const int MessageBytes = 16;

    [Fact]
    public async Task Every_receive_is_used_exactly_once_and_nothing_is_lost() =>
        Assert.Empty(Findings(await RunAsync(TestContext.Current.CancellationToken)));

    [Theory]
    [InlineData("a receive used twice")]
    [InlineData("a receive lost")]
    [InlineData("a message twice")]
    [InlineData("a message lost")]
    [InlineData("two messages swapped")]
    [InlineData("two receives swapped")]
    [InlineData("a receive failed")]
    public void A_broken_run_is_detected(string breakage)
    {
        List<Arrival> run = [];
        for (ulong i = 0UL; i < Pairs * MessagesPerPair; i++)
        {
            run.Add(new Arrival(i + 1, IBV_WC_SUCCESS, (uint)(i % Pairs), (i / Pairs) + 1));
        }

        Assert.Empty(Findings(run));
        const int Place = 4321;
        switch (breakage)
        {
            case "a receive used twice":
                run[Place] = run[Place] with { Receive = run[Place + 1].Receive };
                break;
            case "a receive lost":
                run[^1] = run[^1] with { Receive = run[^1].Receive + 1 };
                break;
            case "a message twice":
                run[Place] = run[Place] with { Message = run[Place].Message - 1 };
                break;
            case "a message lost":
                run.RemoveAt(run.Count - 1);
                break;
            case "two messages swapped":
                (run[Place], run[Place + Pairs]) = (run[Place] with { Message = run[Place + Pairs].Message }, run[Place + Pairs] with { Message = run[Place].Message });
                break;
            case "two receives swapped":
                (run[Place], run[Place + Pairs]) = (run[Place] with { Receive = run[Place + Pairs].Receive }, run[Place + Pairs] with { Receive = run[Place].Receive });
                break;
            default:
                run[Place] = run[Place] with { Status = IBV_WC_WR_FLUSH_ERR };
                break;
        }

        Assert.NotEmpty(Findings(run));
    }

    private static async Task<List<Arrival>> RunAsync(CancellationToken cancellation)
    {
        using Rig rig = new(Rig.SmallOptions with { MaxEngines = 8 });
        var domain = Rig.Ok(rig.Device.AllocateDomain(2));
        var srq = rig.NewSrq(domain, maxWr: 63);
        var receiveCq = rig.NewCq(entries: 255, owner: 2);
        var target = rig.Register(domain, (Pairs * MessagesPerPair * MessageBytes) + MessageBytes, Rig.AllAccess);
        Endpoint[] senders = [.. Enumerable.Range(0, Pairs).Select(_ => rig.NewEndpoint(depth: 15))];
        Endpoint[] receivers = [.. senders.Select(_ => rig.NewEndpoint(owner: 2, domain: domain, receiveCq: receiveCq, srq: srq))];
        Dictionary<uint, uint> pairOf = [];
        for (int i = 0; i < Pairs; i++)
        {
            Rig.Connect(senders[i], receivers[i]);
            pairOf[receivers[i].Qp.Number] = (uint)i;
        }

        ConcurrentQueue<string> failures = [];
        using Traffic traffic = new(rig, workers: 3);
        foreach (var sender in senders)
        {
            traffic.Add(sender.Qp.Number);
        }

        Task sending = Task.Run(() => Send(senders, failures, cancellation), cancellation);
        List<Arrival> arrivals = [];
        ulong posted = 0UL;
        while (arrivals.Count < Pairs * MessagesPerPair && failures.IsEmpty)
        {
            cancellation.ThrowIfCancellationRequested();
            while (posted < Pairs * MessagesPerPair && srq.TryPost(posted + 1, target.Sge((posted + 1) * MessageBytes, MessageBytes)))
            {
                posted++;
            }

            while (receiveCq.TryPoll(out var completion))
            {
                var bytes = target.Bytes.Slice((int)completion.wr_id * MessageBytes, MessageBytes);
                (ulong sender, ulong message) = (MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[sizeof(ulong)..]));
                arrivals.Add(new Arrival(completion.wr_id, completion.status, (uint)sender, message));
                if (pairOf[completion.qp_num] != sender)
                {
                    failures.Enqueue($"a message of sender {sender} completed at queue pair 0x{completion.qp_num:x}");
                }
            }
        }

        await sending;
        await traffic.StopAsync();
        Assert.Empty(failures);
        return arrivals;
    }

    private static void Send(Endpoint[] senders, ConcurrentQueue<string> failures, CancellationToken cancellation)
    {
        var sources = senders.Select(s => s.Register(16 * MessageBytes)).ToArray();
        ulong[] posted = new ulong[Pairs];
        int[] done = new int[Pairs];
        while (done.Sum() < Pairs * MessagesPerPair && failures.IsEmpty)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int i = 0; i < Pairs; i++)
            {
                while (posted[i] < MessagesPerPair && !senders[i].SendRing.IsFull)
                {
                    ulong offset = ++posted[i] % 16 * MessageBytes;
                    MemoryMarshal.Write(sources[i].Bytes[(int)offset..], (ulong)i);
                    MemoryMarshal.Write(sources[i].Bytes[((int)offset + sizeof(ulong))..], posted[i]);
                    senders[i].PostSend(Post.Send(posted[i], sources[i].Sge(offset, MessageBytes)));
                }

                foreach (var completion in senders[i].SendCq.TakeAll())
                {
                    done[i]++;
                    if (completion.status != IBV_WC_SUCCESS || completion.wr_id != (ulong)done[i])
                    {
                        failures.Enqueue($"send {completion.wr_id} of {i} ended with {completion.status}, {done[i]} was due");
                    }
                }
            }
        }
    }

    private static List<string> Findings(List<Arrival> run)
    {
        List<string> findings = [];
        foreach (var arrival in run.Where(a => a.Status != IBV_WC_SUCCESS))
        {
            findings.Add($"receive {arrival.Receive} ended with {arrival.Status}");
        }

        if (!run.Select(a => a.Receive).Order().SequenceEqual(Enumerable.Range(1, Pairs * MessagesPerPair).Select(i => (ulong)i)))
        {
            findings.Add("not every receive was used exactly once");
        }

        for (uint sender = 0U; sender < Pairs; sender++)
        {
            if (!run.Where(a => a.Sender == sender).Select(a => a.Message).SequenceEqual(Enumerable.Range(1, MessagesPerPair).Select(i => (ulong)i)))
            {
                findings.Add($"the messages of sender {sender} did not arrive exactly once and in order");
            }

            // Receives are taken in the order they were posted, so what one queue pair took is in order too.
            ulong[] receives = [.. run.Where(a => a.Sender == sender).Select(a => a.Receive)];
            if (!receives.SequenceEqual(receives.Order()))
            {
                findings.Add($"the queue pair of sender {sender} took receives out of turn");
            }
        }

        return findings;
    }

    private readonly record struct Arrival(ulong Receive, uint Status, uint Sender, ulong Message);
}
