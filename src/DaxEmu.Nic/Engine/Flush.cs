namespace DaxEmu.Nic;

/// <summary>Completes what is left in the queues of a queue pair in error, in order (IBTA 10.3.1.7).</summary>
/// <param name="sendQueue">The send side.</param>
/// <param name="responder">The receive side.</param>
internal sealed class Flush(SendQueue sendQueue, Responder responder)
{
    /// <summary>Flushes both queues; receives posted later ring no bell, so it asks to be called again.</summary>
    /// <param name="qp">The queue pair; the caller holds its send lock.</param>
    /// <param name="left">Work requests that may still be completed in this turn.</param>
    /// <param name="now">Nanoseconds.</param>
    public DrainResult Run(ref QpContext qp, int left, long now)
    {
        int before = left;
        if (!RunSendQueue(ref qp, ref left) || !RunReceiveQueue(ref qp, ref left))
        {
            return DrainResult.More;
        }

        if (left != before)
        {
            qp.FlushBackoff = 0;
        }

        return qp.UsesSharedReceives ? DrainResult.Idle : Waiting.ForLateReceives(ref qp, now);
    }

    /// <summary>Flushes the send queue; false when there may be more.</summary>
    public bool RunSendQueue(ref QpContext qp, ref int left)
    {
        while (left > 0)
        {
            if (!sendQueue.TryFlushOne(ref qp))
            {
                return true;
            }

            left--;
        }

        return false;
    }

    private bool RunReceiveQueue(ref QpContext qp, ref int left)
    {
        // The peer's engine holds it while it copies into a receive's buffers: their flush must not be seen before that is over.
        if (!SpinWord.TryAcquire(ref qp.ReceiveLock))
        {
            return false;
        }

        bool isEmpty = false;
        while (left > 0 && !isEmpty)
        {
            isEmpty = !responder.TryFlushOne(ref qp);
            if (!isEmpty)
            {
                left--;
            }
        }

        if (isEmpty)
        {
            responder.SayLastReceive(ref qp);
        }

        SpinWord.Release(ref qp.ReceiveLock);
        return isEmpty;
    }
}
