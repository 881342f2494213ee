using System.Runtime.CompilerServices;

namespace DaxEmu.Nic;

/// <summary>Moves what a ring holds to another one of the same element size, when a queue is resized.</summary>
internal static unsafe class RingMove
{
    // What is copied while engines wait: some microseconds.
    private const uint MostUnderLock = 256;

    /// <summary>
    /// Moves the work requests of a work queue. The caller holds its lock, the program does not post meanwhile. False, with nothing changed,
    /// when they do not fit or the program's index lies outside the ring.
    /// </summary>
    /// <param name="mappings">Where rings lie.</param>
    /// <param name="queue">The queue's ring; becomes <paramref name="to"/>.</param>
    /// <param name="to">An empty ring.</param>
    public static bool TryMoveWork(MappingTable mappings, ref RingContext queue, RingContext to)
    {
        if (!SharedRing.TryOpen(mappings, queue, out SharedRing source) || !SharedRing.TryOpen(mappings, to, out SharedRing target))
        {
            return false;
        }

        uint producer = source.ReadProducer();
        uint count = (producer - queue.Index) & queue.IndexMask;
        if (producer > queue.IndexMask || count > to.IndexMask)
        {
            return false;
        }

        Copy(source, target, queue, to, queue.Index, 0, count);
        target.PublishProducer(count);
        queue = to;
        return true;
    }

    /// <summary>
    /// Moves the completions that wait in a completion queue. Most of them are copied without its lock, which engines wait for: they only add.
    /// False, with nothing changed, when they do not fit, or the program's index is not where it can be or has moved meanwhile.
    /// </summary>
    /// <param name="mappings">Where rings lie.</param>
    /// <param name="cq">The queue; its ring becomes <paramref name="to"/>.</param>
    /// <param name="entries">Most that may wait.</param>
    /// <param name="to">An empty ring of at least so many.</param>
    public static bool TryMoveCompletions(MappingTable mappings, ref CqContext cq, uint entries, RingContext to)
    {
        if (!SharedRing.TryOpen(mappings, cq.Ring, out SharedRing source) || !SharedRing.TryOpen(mappings, to, out SharedRing target))
        {
            return false;
        }

        uint mask = cq.Ring.IndexMask;
        uint first = source.ReadConsumer();
        uint moved = 0U;
        SpinWord.Acquire(ref cq.Lock);
        uint all = Waiting(cq, first);
        bool fits = cq.Error == 0 && first <= mask && all <= ((cq.Ring.Index - cq.LastConsumer) & mask);
        while (fits && all - moved > MostUnderLock)
        {
            fits = all <= entries && all <= to.IndexMask;
            SpinWord.Release(ref cq.Lock);
            if (fits)
            {
                Copy(source, target, cq.Ring, to, first + moved, moved, all - moved);
                moved = all;
            }

            SpinWord.Acquire(ref cq.Lock);
            fits &= cq.Error == 0;
            all = Waiting(cq, first);
        }

        fits &= all >= moved && all <= entries && all <= to.IndexMask && source.ReadConsumer() == first;
        if (fits)
        {
            Copy(source, target, cq.Ring, to, first + moved, moved, all - moved);
            to.Index = all;
            target.PublishProducer(all);
            cq.Ring = to;
            cq.LastConsumer = 0;
        }

        SpinWord.Release(ref cq.Lock);
        return fits;

        static uint Waiting(in CqContext cq, uint first) => (cq.Ring.Index - first) & cq.Ring.IndexMask;
    }

    /// <summary>Copies elements, each from its place in one ring to its place in the other.</summary>
    public static void Copy(
        in SharedRing source, in SharedRing target, in RingContext from, in RingContext to, uint sourceIndex, uint targetIndex, uint count)
    {
        uint bytes = 1U << Math.Min(from.Log2ElementSize, to.Log2ElementSize);
        for (uint i = 0U; i < count; i++)
        {
            Unsafe.CopyBlock(target.Element(targetIndex + i), source.Element(sourceIndex + i), bytes);
        }
    }
}
