using static DaxEmu.Abi.ibv_wc_status;

namespace DaxEmu.Nic;

/// <summary>How long a work request waits for its peer, and how often to look meanwhile.</summary>
internal static class Waiting
{
    // A receive rings no bell: look often at first, for the peer may be about to post; then less, for it may take seconds.
    private const long FirstLook = 10_000;
    private const long LongestLook = 1_000_000;

    // Receives posted to a queue pair in the error state are rare and in no hurry.
    private const long FirstFlushLook = 100_000;
    private const long LongestFlushLook = 10_000_000;

    // About as long as a filesystem takes to punch a page.
    private const long ResumptionLook = 20_000;

    // IBTA 9.7.5.2.8: 7 means without limit.
    private const uint RetryForEver = 7;

    /// <summary>No receive is posted at the peer (RNR NAK): wait its timer, as often as the queue pair may retry.</summary>
    public static Step ForReceive(ref QpContext qp, in QpContext peer, long now)
    {
        ref Operation operation = ref qp.Operation;
        if (operation.RnrDeadline == 0)
        {
            if (operation.RnrRetriesLeft == 0)
            {
                return Step.Ended(IBV_WC_RNR_RETRY_EXC_ERR);
            }

            operation.RnrDeadline = now + RnrTimer.DelayOf(peer.MinRnrTimer);
        }
        else if (now >= operation.RnrDeadline)
        {
            if (operation.RnrRetriesLeft != RetryForEver && --operation.RnrRetriesLeft == 0)
            {
                return Step.Ended(IBV_WC_RNR_RETRY_EXC_ERR);
            }

            operation.RnrDeadline = now + RnrTimer.DelayOf(peer.MinRnrTimer);
        }

        return Until(ref operation, now, operation.RnrDeadline);
    }

    /// <summary>
    /// The peer does not answer: wait 4.096 us * 2^timeout for it, and again for each retry (IBTA 9.7.6.1.3); a timeout of 0 has no end.
    /// </summary>
    public static Step ForPeer(ref QpContext qp, long now)
    {
        ref Operation operation = ref qp.Operation;
        if (operation.RetryDeadline == 0)
        {
            operation.RetryDeadline = qp.Timeout == 0
                ? long.MaxValue
                : now + ((4096L << (int)(qp.Timeout & 31)) * (qp.RetryCount + 1));
        }

        return now >= operation.RetryDeadline
            ? Step.Ended(IBV_WC_RETRY_EXC_ERR)
            : Until(ref operation, now, operation.RetryDeadline);
    }

    /// <summary>A copy to or from memory that is not mapped is under way: it is looked at again soon, as it rings no bell.</summary>
    public static Step ForCopy(ref QpContext qp, long now) => Until(ref qp.Operation, now, long.MaxValue);

    /// <summary>Regions that it may reach are out of use for a moment: see <see cref="NicBlock.Pause"/>.</summary>
    public static DrainResult ForResumption(long now) => new(DrainStatus.Blocked, now + ResumptionLook);

    /// <summary>A queue pair in the error state has nothing left to flush: late receives ring no bell.</summary>
    public static DrainResult ForLateReceives(ref QpContext qp, long now)
    {
        qp.FlushBackoff = qp.FlushBackoff == 0 ? FirstFlushLook : Math.Min(qp.FlushBackoff * 2, LongestFlushLook);
        return new DrainResult(DrainStatus.Blocked, now + qp.FlushBackoff);
    }

    private static Step Until(ref Operation operation, long now, long deadline)
    {
        operation.Backoff = operation.Backoff == 0 ? FirstLook : Math.Min(operation.Backoff * 2, LongestLook);
        return Step.Waits(Math.Min(deadline, now + operation.Backoff));
    }
}
