using DaxEmu.Abi;

namespace DaxEmu.Nic.Tests;

/// <summary>A completion queue from the program's side.</summary>
internal sealed unsafe class TestCq(CompletionQueue cq, ClientRing ring)
{
    public CompletionQueue Cq => cq;

    public ClientRing Ring => ring;

    public bool TryPoll(out ib_uverbs_wc completion)
    {
        completion = default;
        if (ring.IsEmpty)
        {
            return false;
        }

        completion = *(ib_uverbs_wc*)ring.AtConsumer;
        ring.AdvanceConsumer();
        return true;
    }

    public ib_uverbs_wc TakeOne()
    {
        Assert.True(TryPoll(out var completion), "no completion");
        return completion;
    }

    public List<ib_uverbs_wc> TakeAll()
    {
        List<ib_uverbs_wc> all = new();
        while (TryPoll(out var completion))
        {
            all.Add(completion);
        }

        return all;
    }
}
