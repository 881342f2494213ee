using CsCheck;
using Xunit;

namespace DaxEmu.Device.Tests;

/// <summary>The worker's queues against naive models.</summary>
public sealed class SchedulingTests
{
    private const int Capacity = 8;

    [Fact]
    public void Ready_queue_pairs_take_turns_and_are_in_once()
    {
        ReadyQueue queue = new();
        ScheduledQueuePair[] qps = [.. Enumerable.Range(0, 3).Select(i => new ScheduledQueuePair((uint)i, new ReadyQueue()))];
        queue.Add(qps[0]);
        queue.Add(qps[1]);
        queue.Add(qps[0]);
        queue.Add(qps[2]);

        List<uint> turns = [];
        for (int i = 0; i < 9; i++)
        {
            ScheduledQueuePair qp = queue.Take();
            turns.Add(qp.Number);
            queue.Add(qp);
        }

        Assert.Equal([0, 1, 2, 0, 1, 2, 0, 1, 2], turns);
        Assert.Equal(3, queue.Count);
    }

    [Fact]
    public void A_session_with_a_thousand_queue_pairs_gets_as_many_turns_as_one_with_a_single_one()
    {
        SessionTurns turns = new();
        ReadyQueue many = new(), one = new();
        for (uint i = 0; i < 1000; i++)
        {
            turns.Add(new ScheduledQueuePair(i, many));
        }

        turns.Add(new ScheduledQueuePair(5000, one));
        Assert.Equal(1001, turns.Count);

        int ofOne = 0;
        List<uint> ofMany = [];
        for (int i = 0; i < 200; i++)
        {
            ScheduledQueuePair qp = turns.Take();
            ofOne += qp.Session == one ? 1 : 0;
            if (qp.Session == many)
            {
                ofMany.Add(qp.Number);
            }

            turns.Add(qp);
        }

        Assert.Equal(100, ofOne);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (uint)i), ofMany);
    }

    [Fact]
    public void Turns_are_as_in_a_naive_model()
    {
        Gen.Select(Gen.Bool, Gen.Int[0, Capacity - 1]).Array[0, 200].Sample(steps =>
        {
            SessionTurns turns = new();
            ReadyQueue[] sessions = [new(), new(), new()];
            ScheduledQueuePair[] qps = [.. Enumerable.Range(0, Capacity).Select(i => new ScheduledQueuePair((uint)i, sessions[i % 3]))];
            List<List<uint>> model = [];
            foreach ((bool adds, int index) in steps)
            {
                if (adds && !model.Any(s => s.Contains((uint)index)))
                {
                    if (model.Find(s => s[0] % 3 == index % 3) is { } session)
                    {
                        session.Add((uint)index);
                    }
                    else
                    {
                        model.Add([(uint)index]);
                    }
                }

                if (adds)
                {
                    turns.Add(qps[index]);
                }
                else if (model.Count != 0)
                {
                    List<uint> first = model[0];
                    model.RemoveAt(0);
                    Assert.Equal(first[0], turns.Take().Number);
                    first.RemoveAt(0);
                    if (first.Count != 0)
                    {
                        model.Add(first);
                    }
                }

                Assert.Equal(model.Sum(s => s.Count), turns.Count);
            }
        });
    }

    [Fact]
    public void Blocked_queue_pairs_come_out_in_the_order_of_their_times()
    {
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, Capacity - 1], Gen.Long[0, 50]).Array[0, 200].Sample(steps =>
        {
            BlockedQueue queue = new(Capacity);
            ScheduledQueuePair[] qps = [.. Enumerable.Range(0, Capacity).Select(i => new ScheduledQueuePair((uint)i, new ReadyQueue()))];
            Dictionary<int, long> model = [];
            foreach ((int step, int index, long time) in steps)
            {
                switch (step)
                {
                    case 0 or 1:
                        queue.Set(qps[index], time);
                        model[index] = time;
                        break;
                    case 2:
                        queue.Remove(qps[index]);
                        model.Remove(index);
                        break;
                    default:
                        ScheduledQueuePair? due = queue.TakeDue(time);
                        Assert.Equal(model.Count != 0 && model.Values.Min() <= time, due is not null);
                        if (due is not null)
                        {
                            Assert.Equal(model.Values.Min(), model[(int)due.Number]);
                            model.Remove((int)due.Number);
                        }

                        break;
                }

                Assert.Equal(model.Count, queue.Count);
                Assert.Equal(model.Count == 0 ? long.MaxValue : model.Values.Min(), queue.FirstWakeAt);
            }
        });
    }

    [Fact]
    public void Destroyed_queue_pairs_make_room_for_new_ones()
    {
        BlockedQueue queue = new(Capacity);
        for (uint round = 0; round < 100; round++)
        {
            ScheduledQueuePair qp = new(round, new ReadyQueue());
            queue.Set(qp, round);
            qp.IsGone = round % 10 != 0 || round > 50;
        }

        Assert.InRange(queue.Count, 1, Capacity);
    }
}
