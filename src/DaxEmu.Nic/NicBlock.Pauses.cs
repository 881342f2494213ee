using static DaxEmu.Abi.ibv_qp_type;

namespace DaxEmu.Nic;

/// <summary>Protection domains whose regions nothing is read from or written to for a while.</summary>
public sealed unsafe partial class NicBlock
{
    private int* Pauses => (int*)(_base + Header.PauseOffset);

    /// <summary>
    /// Begins a pause: when this returns, no engine is at a queue pair that could reach a region of the domains, and none begins until
    /// <see cref="Resume"/>. Pauses of a domain add up.
    /// </summary>
    /// <remarks>As <see cref="WaitForEngines()"/> has it: an engine that goes in later sees the pause, one that went in before is waited for.</remarks>
    /// <exception cref="TimeoutException">An engine did not come to the end of a copy before the limit: nothing is paused.</exception>
    internal void Pause(IReadOnlyList<uint> domains, CancellationToken limit)
    {
        foreach (uint domain in domains)
        {
            Interlocked.Increment(ref Pauses[domain]);
        }

        Interlocked.Increment(ref ((BlockHeader*)_base)->Pauses);
        if (!WaitForEngines(limit))
        {
            Resume(domains);
            throw new TimeoutException("an engine of the device did not come to the end of a copy in time");
        }
    }

    /// <summary>Ends a pause.</summary>
    internal void Resume(IReadOnlyList<uint> domains)
    {
        // Release: what was changed meanwhile is seen by an engine that sees the pause over.
        Interlocked.Decrement(ref ((BlockHeader*)_base)->Pauses);
        foreach (uint domain in domains)
        {
            Interlocked.Decrement(ref Pauses[domain]);
        }
    }

    /// <summary>True while a queue pair's work may touch a region of a domain that is paused. For engines inside their critical section.</summary>
    internal bool IsPaused(in QpContext qp) => Volatile.Read(ref ((BlockHeader*)_base)->Pauses) != 0 && MayReachPaused(qp);

    private bool MayReachPaused(in QpContext qp)
    {
        if (IsDomainPaused(qp.Domain))
        {
            return true;
        }

        // A datagram may go to anybody. A peer that is not there now could be by the time that the work is done.
        ref QpContext peer = ref QpByNumber(qp.DestinationNumber);
        return qp.Type is not (IBV_QPT_RC or IBV_QPT_UC)
            || Volatile.Read(ref peer.Number) != qp.DestinationNumber
            || IsDomainPaused(peer.Domain)
            || IsDomainPaused(peer.ReceiveDomain);
    }

    private bool IsDomainPaused(uint domain) => Volatile.Read(ref Pauses[domain]) != 0;
}
