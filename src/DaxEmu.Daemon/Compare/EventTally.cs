using DaxEmu.Contract;
using DaxEmu.Daemon.Admin;

namespace DaxEmu.Daemon.Compare;

/// <summary>What the daemon's journal says of the operations.</summary>
internal sealed class EventTally
{
    private long _last;

    /// <summary>Operations that were told of a success that was none.</summary>
    public long Ignored { get; private set; }

    /// <summary>Operations that waited.</summary>
    public long Delayed { get; private set; }

    /// <summary>Regions that were taken away.</summary>
    public long Revoked { get; private set; }

    /// <summary>Uses of pages that are no longer the file's.</summary>
    public long Divergences { get; private set; }

    /// <summary>Changes of pinned bytes that the contract was not asked about.</summary>
    public long Breaches { get; private set; }

    /// <summary>Reads what has come since the last time.</summary>
    public async Task ReadAsync(AdminClient admin, CancellationToken cancellation)
    {
        foreach (ContractEvent entry in await admin.EventsAsync(null, cancellation))
        {
            if (entry.Sequence <= _last)
            {
                continue;
            }

            // The journal is bounded: what was dropped cannot be counted, and a count that is too low must not pass for one.
            if (entry.Sequence != _last + 1)
            {
                throw new ExperimentException($"the journal dropped events {_last + 1} to {entry.Sequence - 1} before they were counted");
            }

            _last = entry.Sequence;
            Count(entry);
        }
    }

    private void Count(ContractEvent entry)
    {
        switch (entry)
        {
            case LayoutDecided { Verdict: LayoutVerdict.Pretend }:
                Ignored++;
                break;
            case LayoutWaits:
                Delayed++;
                break;
            case PinRevoked:
                Revoked++;
                break;
            case Divergence:
                Divergences++;
                break;
            case Breach:
                Breaches++;
                break;
        }
    }
}
