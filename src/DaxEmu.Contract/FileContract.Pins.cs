namespace DaxEmu.Contract;

/// <summary>Requests for pins: they wait for operations in flight, and for what has to be done to the file first.</summary>
public sealed partial class FileContract
{
    // A file that is made fit and is unfit again, time after time: somebody punches or clones it as fast.
    private const int MostRemedies = 8;

    /// <inheritdoc/>
    /// <remarks>
    /// A request whose wait is cancelled is refused with EINTR. What <paramref name="readFacts"/> throws reaches the caller.
    /// </remarks>
    public ValueTask<PinDecision> PinAsync(PinRequest request, Func<FileFacts> readFacts, CancellationToken cancellation)
    {
        AdmissionRules rules = admission?.RulesOf(request.File, request.Path) ?? AdmissionRules.Default;
        PinStep step = Try(request, readFacts, rules, out PendingPin? pending);
        return step.Decision is { } decision ? new(decision) : new(PinLaterAsync(request, readFacts, rules, step, pending, cancellation));
    }

    /// <summary>Refuses a pin that nothing could hold the file to, whatever the file's state: recorded like any refusal.</summary>
    /// <param name="request">The wish.</param>
    /// <param name="errno">The errno.</param>
    /// <param name="reason">Why, and what would make it work, as a sentence.</param>
    public PinDecision Refuse(PinRequest request, int errno, string reason)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Refuse(request, new Refusal(errno, reason));
    }

    private PinStep Try(PinRequest request, Func<FileFacts> readFacts, AdmissionRules rules, out PendingPin? pending)
    {
        FileState file = Enter(request.File);
        try
        {
            pending = null;
            // A pin on demand holds nothing up, so there is nothing to wait for either; but for one that bounces, whose copies an operation
            // which proceeds must have stopped.
            if ((request.Kind == PinKind.Odp && rules.Mapping != MappingRule.Bounce) || !file.IsInFlight(request.Range))
            {
                return Decide(file, request, readFacts, rules);
            }

            pending = new(file, request, readFacts, rules);
            file.Waiting.AddLast(pending);
            return default;
        }
        finally
        {
            Leave(file);
        }
    }

    private async Task<PinDecision> PinLaterAsync(
        PinRequest request, Func<FileFacts> readFacts, AdmissionRules rules, PinStep step, PendingPin? pending, CancellationToken cancellation)
    {
        int remedies = 0;
        while (true)
        {
            if (pending is not null)
            {
                step = await WaitAsync(pending, cancellation);
            }

            if (step.Decision is { } decision)
            {
                return decision;
            }

            if (Carry(step, request) is { } failure)
            {
                return Refuse(request, failure);
            }

            if (++remedies > MostRemedies)
            {
                return Refuse(request, new(Errno.EAGAIN, "The file's blocks were taken away again each time they had been put right: ask again."));
            }

            step = Try(request, readFacts, rules, out pending);
        }
    }

    private static Refusal? Carry(PinStep step, PinRequest request)
    {
        int errno = step.Remedy == Remedy.Allocate ? step.Facts.Layout!.Allocate(request.Range) : step.Facts.Layout!.Unshare(request.Range);
        return errno == 0 ? null
            : step.Remedy == Remedy.Allocate ? new(errno, $"No blocks could be had for the holes in {request.Range} (Admission:Holes is allocate): make room on the filesystem, or raise the quota.")
            : new(errno, $"The bytes {request.Range} could not be given blocks of their own (Admission:SharedExtents is unshare): make room on the filesystem, or raise the quota.");
    }

    // Under the gate.
    private PinStep Decide(FileState file, PinRequest request, Func<FileFacts> readFacts, AdmissionRules rules)
    {
        FileFacts facts = readFacts();
        AdmissionVerdict verdict = Admission.Judge(request, facts, rules);
        if (verdict.Refusal is { } refusal)
        {
            return new(Refuse(request, refusal), Remedy.None, facts);
        }

        if (verdict.Remedy != Remedy.None)
        {
            return new(null, verdict.Remedy, facts);
        }

        PinRequest granted = verdict.Bounces ? request with { Mapping = PinMapping.Bounce } : request;
        Pin pin = new(Interlocked.Increment(ref _lastPinId), granted, time.GetUtcNow(), verdict.Yields);
        (pin.Yields ? file.Yielding : file.Pins).Add(pin);
        journal.Append(new PinGranted(pin.Since, pin));
        return new(new PinDecision(pin, 0, ""), Remedy.None, facts);
    }

    private PinDecision Refuse(PinRequest request, Refusal refusal)
    {
        journal.Append(new PinRefused(time.GetUtcNow(), request, refusal.Errno, refusal.Reason));
        return new(null, refusal.Errno, refusal.Reason);
    }

    private async Task<PinStep> WaitAsync(PendingPin pending, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => GiveUp(pending), null);
        return await pending.Task;
    }

    private void GiveUp(PendingPin pending)
    {
        FileState file = pending.File;
        file.Gate.Enter();
        try
        {
            if (file.Waiting.Remove(pending))
            {
                pending.SetResult(new(
                    Refuse(pending.Request, new(
                        Errno.EINTR, "Interrupted while a layout operation on the range was in flight: ask again when it has ended.")),
                    Remedy.None,
                    default));
            }
        }
        finally
        {
            Leave(file);
        }
    }

    private void Complete(FileState file, PendingPin pending)
    {
        try
        {
            pending.SetResult(Decide(file, pending.Request, pending.ReadFacts, pending.Rules));
        }
        // Whatever reading the file's state throws belongs to the one who asked for the pin, not to the guard that ended an operation.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            pending.SetException(e);
        }
    }
}
