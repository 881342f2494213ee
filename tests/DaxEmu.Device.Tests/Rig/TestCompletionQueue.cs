using DaxEmu.Abi;
using DaxEmu.Linux.Memory;

namespace DaxEmu.Device.Tests;

/// <summary>The program's side of a completion ring.</summary>
internal sealed class TestCompletionQueue(uint handle, MemoryMapping ring) : IDisposable
{
    private const int Data = 384;

    public uint Handle => handle;

    public MemoryMapping Ring => ring;

    public bool TryPoll(out ib_uverbs_wc completion)
    {
        ref rxe_queue_buf header = ref ring.At<rxe_queue_buf>(0);
        uint consumer = header.consumer_index;
        completion = default;
        if (Volatile.Read(ref header.producer_index) == consumer)
        {
            return false;
        }

        completion = ring.At<ib_uverbs_wc>(Data + (consumer << (int)header.log2_elem_size));
        Volatile.Write(ref header.consumer_index, (consumer + 1) & header.index_mask);
        return true;
    }

    public ib_uverbs_wc Poll()
    {
        long deadline = Environment.TickCount64 + 60_000;
        SpinWait spin = new();
        while (Environment.TickCount64 < deadline)
        {
            if (TryPoll(out ib_uverbs_wc completion))
            {
                return completion;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        throw new TimeoutException("no completion within a minute");
    }

    public void Dispose() => ring.Dispose();
}
