using System.Collections.Concurrent;

namespace DaxEmu.Contract;

/// <summary>The contract over any number of files, each with a lock of its own; files without pins or operations cost nothing.</summary>
/// <remarks>
/// <para>
/// Overlap is judged to the byte, never rounded to pages, and that is exact. A page is freed only when all its bytes lie in the
/// operation's range, so a pinned byte whose page is freed lies in that range. A page that is cut in part stays, but its bytes beyond
/// the cut are no longer the file's: when one of them is pinned the device and the file would part, so that is a conflict as well,
/// and it is one that the range shows. An operation on the unpinned rest of a page that holds a pin harms nobody.
/// </para>
/// <para>
/// Two marks keep check and operation one step: a granted pin is in the file's index before its decision is returned, and an operation
/// that may proceed stays marked in flight until its decision is disposed. A pin meeting such a mark waits, and the disposal decides
/// the waiting pins in the order they came, under the file's lock. A policy that has to wait for pins takes the same place:
/// it marks its operation, so that no new pin comes, and completes the request when the last pin in the range goes.
/// </para>
/// </remarks>
/// <param name="policies">Asked when an operation overlaps a pin, outside any lock of the contract.</param>
/// <param name="journal">Receives every decision, in order for each file.</param>
/// <param name="time">The clock of pins and events.</param>
/// <param name="holders">Told, and made to let go, under the lease policies.</param>
/// <param name="limits">How long operations wait; null: <see cref="ContractLimits.Default"/>.</param>
/// <param name="admission">What files must promise; null: <see cref="AdmissionRules.Default"/> for all.</param>
public sealed partial class FileContract(
    IPolicySource policies, IContractJournal journal, TimeProvider time, IPinHolders holders, ContractLimits? limits = null,
    IAdmissionSource? admission = null) : IFileContract
{
    private readonly ConcurrentDictionary<FileIdentity, FileState> _files = new();

    // A journal may outlive its daemon: the pins that it names keep their numbers.
    private long _lastPinId = journal.Of().OfType<PinGranted>().Select(g => g.Pin.Id).DefaultIfEmpty().Max();

    /// <summary>Files with a pin, an operation in flight or a waiting request.</summary>
    internal int FileCount => _files.Count;

    /// <inheritdoc/>
    public void Unpin(Pin pin)
    {
        if (!_files.TryGetValue(pin.Request.File, out FileState? file))
        {
            return;
        }

        file.Gate.Enter();
        try
        {
            if (file.Pins.Remove(pin) || file.Yielding.Remove(pin))
            {
                // Of a process that was killed for it, the session is often the quicker one.
                journal.Append(PinLease.EventOf(file.Leases.GetValueOrDefault(pin.Id), pin, time.GetUtcNow()));
                AfterRemoval(file, pin);
            }
        }
        finally
        {
            Leave(file);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LayoutDecision> RequestAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        LayoutDecision decision = await DecideAsync(operation, cancellation);
        if (decision.Verdict == LayoutVerdict.Proceed && LayoutReaches.MayShrink(operation.Kind) && Bounces(operation))
        {
            StopCopies(operation, decision);
        }

        return decision;
    }

    private ValueTask<LayoutDecision> DecideAsync(LayoutOperation operation, CancellationToken cancellation)
    {
        ByteRange range = operation.Range;
        if (range.IsEmpty)
        {
            return new(new LayoutDecision(LayoutVerdict.Proceed, 0, "", null));
        }

        // Reading a policy reads extended attributes up to the volume's root: not a thing to do under the lock. The pins are looked
        // at again afterwards, so the verdict rests on the pins of its own moment.
        PolicySetting? policy = null;
        BlockedOperation? blocked = null;
        DetachingOperation? detaching = null;
        List<PinLease> told = [];
        while (blocked is null && detaching is null)
        {
            FileState file = Enter(operation.File);
            try
            {
                if (!file.Pins.AnyOverlap(range))
                {
                    return new(Proceed(file, operation, ""));
                }

                if (policy is not null)
                {
                    if (policy.Policy == Policy.Legacy)
                    {
                        detaching = BeginDetaching(file, operation, policy);
                    }
                    else if (PolicyVerdict.Waits(policy.Policy))
                    {
                        // Only a wait can be interrupted: what is decided at once is, as by any file system.
                        if (cancellation.IsCancellationRequested)
                        {
                            return new(new LayoutDecision(LayoutVerdict.Refuse, Errno.EINTR, "The caller was interrupted.", null));
                        }

                        blocked = Block(file, operation, policy, told);
                    }
                    else
                    {
                        return new(Judge(file, operation, policy));
                    }
                }
            }
            finally
            {
                Leave(file);
            }

            policy ??= policies.Resolve(operation.File, operation.Path);
        }

        return detaching is not null ? new(Detach(detaching)) : new(WaitAsync(blocked!, told, cancellation));
    }

    /// <inheritdoc/>
    public bool Forbid(LayoutOperation operation, int errno)
    {
        // As in DecideAsync: the policy is read outside the lock, and the pins are those of the moment of the verdict.
        if (!IsPinned(operation.File, operation.Range))
        {
            return false;
        }

        PolicySetting policy = policies.Resolve(operation.File, operation.Path);
        FileState file = Enter(operation.File);
        try
        {
            List<Pin> pins = [.. file.Pins.Overlaps(operation.Range)];
            if (pins.Count > 0)
            {
                PinsInTheWay met = PinsInTheWay.Of(pins);
                LayoutDecided decided = new(time.GetUtcNow(), operation, met.Named, met.Count, policy, LayoutVerdict.Refuse, errno);
                journal.Append(decided with { IsAvoidable = true });
            }

            return pins.Count > 0;
        }
        finally
        {
            Leave(file);
        }
    }

    /// <inheritdoc/>
    public void ReportBreach(Pin pin, ByteRange range, string evidence)
    {
        LayoutOperation? cause = CauseOf(pin, range);

        // Nobody promised a pin on demand that the file would have these bytes.
        if (cause is null && pin.Request.Kind == PinKind.Odp)
        {
            return;
        }

        journal.Append(cause is null
            ? new Breach(time.GetUtcNow(), pin, range, evidence)
            : new AccessFailed(time.GetUtcNow(), pin, range, cause));
    }

    /// <inheritdoc/>
    public void ReportFailedAccess(Pin pin, ByteRange range, bool isTaken, string evidence) =>
        journal.Append(new AccessFailed(time.GetUtcNow(), pin, range, isTaken ? CauseOf(pin, range) : null, evidence));

    /// <inheritdoc/>
    public IReadOnlyList<Pin> PinsOf(FileIdentity? file = null)
    {
        List<Pin> pins = [];
        if (file is null)
        {
            foreach (FileState state in _files.Values)
            {
                AddPins(state, pins);
            }
        }
        else if (_files.TryGetValue(file.Value, out FileState? state))
        {
            AddPins(state, pins);
        }

        pins.Sort((a, b) => a.Id.CompareTo(b.Id));
        return pins;
    }

    /// <inheritdoc/>
    public bool IsPinned(FileIdentity file, ByteRange range)
    {
        if (!_files.TryGetValue(file, out FileState? state))
        {
            return false;
        }

        lock (state.Gate)
        {
            return state.Pins.AnyOverlap(range);
        }
    }

    private LayoutOperation? CauseOf(Pin pin, ByteRange range)
    {
        if (!_files.TryGetValue(pin.Request.File, out FileState? file))
        {
            return null;
        }

        lock (file.Gate)
        {
            return file.Invalidations.CauseOf(pin, range);
        }
    }

    private bool Bounces(LayoutOperation operation)
    {
        if (!_files.TryGetValue(operation.File, out FileState? file))
        {
            return false;
        }

        lock (file.Gate)
        {
            return file.Yielding.Overlaps(operation.Range).Any(pin => pin.Request.Mapping == PinMapping.Bounce);
        }
    }

    // The operation is in flight already: no pin comes that it does not know of.
    private void StopCopies(LayoutOperation operation, LayoutDecision decision)
    {
        try
        {
            decision.BeforeEnd(holders.StopCopies(operation.File).Dispose);
        }
        catch
        {
            decision.Dispose();
            throw;
        }
    }

    private static void AddPins(FileState file, List<Pin> pins)
    {
        lock (file.Gate)
        {
            pins.AddRange(file.Pins.Overlaps(ByteRange.From(0)));
            pins.AddRange(file.Yielding.Overlaps(ByteRange.From(0)));
        }
    }

    // Returns with the gate held.
    private FileState Enter(FileIdentity identity)
    {
        while (true)
        {
            FileState file = _files.GetOrAdd(identity, static id => new FileState(id));
            file.Gate.Enter();
            if (!file.IsRetired)
            {
                return file;
            }

            file.Gate.Exit();
        }
    }

    private void Leave(FileState file)
    {
        if (file.IsEmpty && !file.IsRetired)
        {
            file.IsRetired = true;
            _files.TryRemove(new(file.Identity, file));
        }

        file.Gate.Exit();
    }

    private void End(FileState file, ByteRange range)
    {
        file.Gate.Enter();
        try
        {
            file.End(range);
            LinkedListNode<PendingPin>? next;
            for (LinkedListNode<PendingPin>? at = file.Waiting.First; at is not null; at = next)
            {
                next = at.Next;
                if (!file.IsInFlight(at.Value.Request.Range))
                {
                    file.Waiting.Remove(at);
                    Complete(file, at.Value);
                }
            }
        }
        finally
        {
            Leave(file);
        }
    }

    private LayoutDecision Proceed(FileState file, LayoutOperation operation, string reason)
    {
        ByteRange range = operation.Range;
        Invalidate(file, file.Yielding.Overlaps(range), operation);
        file.Begin(range);
        return new LayoutDecision(LayoutVerdict.Proceed, 0, reason, () => End(file, range));
    }

    private LayoutDecision Judge(FileState file, LayoutOperation operation, PolicySetting policy)
    {
        List<Pin> pins = [.. file.Pins.Overlaps(operation.Range)];
        PinsInTheWay met = PinsInTheWay.Of(pins);
        (LayoutVerdict verdict, int errno) = PolicyVerdict.Of(policy.Policy);
        Decided(operation, met, policy, verdict, errno);
        string reason = PolicyVerdict.Reason(operation, met, policy);
        if (verdict != LayoutVerdict.Proceed)
        {
            return new(verdict, errno, reason, null);
        }

        Invalidate(file, pins, operation);
        return Proceed(file, operation, reason);
    }

    private void Decided(LayoutOperation operation, PinsInTheWay met, PolicySetting policy, LayoutVerdict verdict, int errno) =>
        journal.Append(new LayoutDecided(time.GetUtcNow(), operation, met.Named, met.Count, policy, verdict, errno));

    // Under the gate: an operation that proceeds takes bytes from under pins which stay.
    private void Invalidate(FileState file, IEnumerable<Pin> pins, LayoutOperation operation)
    {
        foreach (Pin pin in pins)
        {
            ByteRange range = pin.Request.Range.IntersectWith(operation.Range);
            file.Invalidations.Add(pin, range, operation);
            journal.Append(new PinInvalidated(time.GetUtcNow(), pin, range, operation));
        }
    }
}
