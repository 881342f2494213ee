using DaxEmu.Abi;

namespace DaxEmu.Nic.Tests;

/// <summary>Exactly once and in order, by a detector that fires on each way to break that.</summary>
public sealed class CompletionAuditTests
{
    private const ulong Messages = 3000;

    public static TheoryData<string> Breakages() => ["drop", "double", "swap", "drop the last", "fail"];

    [Fact]
    public void Every_work_request_completes_exactly_once_and_in_order_on_both_sides() => Assert.Empty(Run(breakage: null));

    [Theory]
    [MemberData(nameof(Breakages))]
    public void A_completion_stream_that_is_broken_in_one_place_is_detected(string breakage) => Assert.NotEmpty(Run(breakage));

    // Mixed traffic in both directions through small queues, so that rings wrap and receivers are often not ready.
    private static List<string> Run(string? breakage)
    {
        using Rig rig = new();
        var (a, b) = rig.NewPair(depth: 7);
        Endpoint[] ends = [a, b];
        var memory = ends.Select(e => e.Register(4096)).ToArray();
        ulong[] posted = new ulong[2];
        ulong[] received = new ulong[2];
        Random random = new(11);
        List<ib_uverbs_wc>[] sends = new List<ib_uverbs_wc>[] { [], [] };
        List<ib_uverbs_wc>[] receives = new List<ib_uverbs_wc>[] { [], [] };
        ulong[] sendsToPeer = new ulong[2];
        while (sends[0].Count + sends[1].Count < 2 * (int)Messages)
        {
            for (int side = 0; side < 2; side++)
            {
                while (!ends[side].SendRing.IsFull && posted[side] < Messages && random.Next(4) != 0)
                {
                    var remote = memory[1 - side];
                    var sge = memory[side].Sge((ulong)random.Next(2048), (uint)random.Next(1000));
                    bool isSend = random.Next(2) == 0;
                    sendsToPeer[1 - side] += isSend ? 1U : 0;
                    ends[side].PostSend(isSend ? Post.Send(++posted[side], sge) : Post.Write(++posted[side], remote, 0, sge));
                }

                while (!ends[side].ReceiveRing.IsFull && random.Next(3) != 0)
                {
                    ends[side].PostReceive(++received[side], memory[side].Sge(0, 1000));
                }
            }

            rig.Engine.Drain(ends[random.Next(2)].Qp.Number, rig.Now += 10);
            for (int side = 0; side < 2; side++)
            {
                sends[side].AddRange(ends[side].SendCq.TakeAll());
                receives[side].AddRange(ends[side].ReceiveCq.TakeAll());
            }
        }

        List<string> findings = new();
        for (int side = 0; side < 2; side++)
        {
            findings.AddRange(Audit(breakage is null ? sends[side] : Break(sends[side], breakage), ends[side], Messages));
            findings.AddRange(Audit(receives[side], ends[side], sendsToPeer[side]));
        }

        return findings;
    }

    private static List<string> Audit(List<ib_uverbs_wc> completions, Endpoint endpoint, ulong posted)
    {
        CompletionAudit audit = new();
        completions.ForEach(c => audit.Add(c));
        audit.Finish(endpoint.Qp.Number, posted);
        return audit.Findings;
    }

    private static List<ib_uverbs_wc> Break(List<ib_uverbs_wc> whole, string breakage)
    {
        List<ib_uverbs_wc> broken = whole.ToList();
        const int Place = 1234;
        switch (breakage)
        {
            case "drop":
                broken.RemoveAt(Place);
                break;
            case "double":
                broken.Insert(Place, broken[Place]);
                break;
            case "swap":
                (broken[Place], broken[Place + 1]) = (broken[Place + 1], broken[Place]);
                break;
            case "drop the last":
                broken.RemoveAt(broken.Count - 1);
                break;
            default:
                broken[Place] = broken[Place] with { status = 5 };
                break;
        }

        return broken;
    }
}
