using System.Collections.Concurrent;
using DaxEmu.Contract;
using DaxEmu.Device;
using DaxEmu.Guards.Watch;

namespace DaxEmu.Daemon.Composition;

/// <summary>
/// The contract, telling the watch over files with pins of each pin and of each operation that may proceed, so that it knows what
/// changes with the contract's consent.
/// </summary>
/// <param name="contract">Decides.</param>
/// <param name="volumes">Whose files are watched: of others nobody said that they would not be changed.</param>
/// <param name="watch">Told.</param>
internal sealed class WatchedContract(IFileContract contract, GuardedVolumes volumes, ChangeWatch watch) : ContractDecorator(contract)
{
    private readonly ConcurrentDictionary<long, Pin> _watched = new();

    /// <inheritdoc/>
    /// <remarks>A pin on demand, or one that bounces, follows its file: whatever becomes of it is no breach.</remarks>
    public override async ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        if (request.Kind == PinKind.Odp
            || volumes.OfShownPath(request.Path) is null
            || readFacts().Layout is not DescriptorLayout layout
            || watch.Hold(request.File, layout.Descriptor) is not { } baseline)
        {
            return await Decorated.PinAsync(request, readFacts, cancellation);
        }

        Pin? pin = null;
        try
        {
            PinDecision decision = await Decorated.PinAsync(request, ReadFacts, cancellation);
            if (decision.Pin is { Request.Mapping: not PinMapping.Bounce } granted)
            {
                _watched[granted.Id] = pin = granted;
                watch.Add(granted, baseline);
            }

            return decision;
        }
        finally
        {
            if (pin is null)
            {
                watch.Drop(baseline);
            }
        }

        // Before the facts: what these do not show yet, the watch will see as a change.
        FileFacts ReadFacts()
        {
            baseline.Take(request.Range);
            return readFacts();
        }
    }

    /// <inheritdoc/>
    public override void Unpin(Pin pin)
    {
        if (!_watched.TryRemove(pin.Id, out _))
        {
            Decorated.Unpin(pin);
            return;
        }

        try
        {
            watch.Remove(pin);
        }
        finally
        {
            Decorated.Unpin(pin);
            watch.Release(pin.Request.File);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        LayoutDecision decision = await Decorated.RequestAsync(operation, cancellation);
        return decision.Verdict != LayoutVerdict.Proceed || operation.Range.IsEmpty || !watch.Begin(operation)
            ? decision
            : new LayoutDecision(decision.Verdict, decision.Errno, decision.Reason, () => End(operation, decision), decision.Settle);
    }

    /// <inheritdoc/>
    public override void ReportBreach(Pin pin, ByteRange range, string evidence)
    {
        Decorated.ReportBreach(pin, range, evidence);
        watch.Suspect(pin.Request.File);
    }

    private void End(LayoutOperation operation, LayoutDecision decision)
    {
        try
        {
            watch.End(operation);
        }
        finally
        {
            decision.Dispose();
        }
    }
}
