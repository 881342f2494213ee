namespace DaxEmu.Contract;

/// <summary>Operations that wait for pins to go: the policies wait, lease-revoke and lease-kill.</summary>
public sealed partial class FileContract
{
    private readonly ContractLimits _limits = limits ?? ContractLimits.Default;

    // Under the gate. The operation is in flight from now on, so no new pin comes to hold it up for longer.
    private BlockedOperation Block(FileState file, LayoutOperation operation, PolicySetting policy, List<PinLease> told)
    {
        DateTimeOffset now = time.GetUtcNow();
        List<Pin> pins = [.. file.Pins.Overlaps(operation.Range)];
        BlockedOperation blocked = new(file, operation, policy, now) { Pins = PinsInTheWay.Of(pins) };
        file.Begin(operation.Range);
        file.Blocked.AddLast(blocked);

        DateTimeOffset? deadline = _limits.WaitLimit == Timeout.InfiniteTimeSpan ? null : now + _limits.WaitLimit;
        if (blocked.BreaksLeases)
        {
            deadline = now;
            foreach (Pin pin in pins)
            {
                if (!file.Leases.TryGetValue(pin.Id, out PinLease? lease))
                {
                    lease = new(pin, now + _limits.LeaseBreakTime);
                    file.Leases[pin.Id] = lease;
                    told.Add(lease);
                }

                deadline = lease.Deadline > deadline ? lease.Deadline : deadline;
            }
        }

        journal.Append(new LayoutWaits(now, operation, blocked.Pins.Named, blocked.Pins.Count, policy, deadline));
        return blocked;
    }

    private async Task<LayoutDecision> WaitAsync(BlockedOperation blocked, List<PinLease> told, CancellationToken cancellation)
    {
        foreach (PinLease lease in told)
        {
            holders.Notify(lease.Pin, new(blocked.Operation, blocked.Policy.Policy, lease.Deadline));
        }

        if (blocked.BreaksLeases)
        {
            // At once when the lease-break time is zero.
            Expire(blocked);
        }
        else
        {
            StartWaiting(blocked);
        }

        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            _ => GiveUp(blocked, Errno.EINTR, "The caller was interrupted while it waited for the pins to go."), null);
        return await blocked.Answer.ConfigureAwait(false);
    }

    private void StartWaiting(BlockedOperation blocked)
    {
        blocked.File.Gate.Enter();
        try
        {
            if (!blocked.IsAnswered)
            {
                blocked.Schedule(time, _limits.WaitLimit, b => GiveUp(
                    b, Errno.ETIMEDOUT, $"The pins were still there after {_limits.WaitLimit.TotalSeconds:0.###} seconds."));
            }
        }
        finally
        {
            Leave(blocked.File);
        }
    }

    // Takes the pins whose time is over, and comes back for those whose time is not.
    private void Expire(BlockedOperation blocked)
    {
        List<PinLease> due = [];
        FileState file = blocked.File;
        file.Gate.Enter();
        try
        {
            if (blocked.IsAnswered)
            {
                return;
            }

            DateTimeOffset now = time.GetUtcNow();
            DateTimeOffset? next = null;
            foreach (Pin pin in file.Pins.Overlaps(blocked.Operation.Range))
            {
                PinLease lease = file.Leases[pin.Id];
                if (lease.IsExpiring)
                {
                    continue;
                }

                if (lease.Deadline <= now)
                {
                    lease.Taker = blocked;
                    due.Add(lease);
                }
                else
                {
                    next = next is { } n && n < lease.Deadline ? n : lease.Deadline;
                }
            }

            if (next is { } at)
            {
                blocked.Schedule(time, at - now, Expire);
            }
        }
        finally
        {
            Leave(file);
        }

        try
        {
            foreach (PinLease lease in due)
            {
                Revoke(file, lease, blocked);
            }
        }
        // The caller of the operation must get an answer, whatever a holder does.
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            FailAll(file, due, e);
        }
    }

    private void Revoke(FileState file, PinLease lease, BlockedOperation cause)
    {
        if (cause.Policy.Policy == Policy.LeaseKill)
        {
            holders.Kill(lease.Pin, cause.Operation);
        }

        holders.Revoke(lease.Pin, cause.Operation);
        file.Gate.Enter();
        try
        {
            if (file.Pins.Remove(lease.Pin))
            {
                journal.Append(PinLease.EventOf(lease, lease.Pin, time.GetUtcNow()));
                AfterRemoval(file, lease.Pin);
            }
        }
        finally
        {
            Leave(file);
        }
    }

    // Under the gate: a pin has gone.
    private void AfterRemoval(FileState file, Pin pin)
    {
        file.Leases.Remove(pin.Id);
        file.Invalidations.Forget(pin);
        file.Orphans.Forget(pin);
        LinkedListNode<BlockedOperation>? next;
        for (LinkedListNode<BlockedOperation>? at = file.Blocked.First; at is not null; at = next)
        {
            next = at.Next;
            BlockedOperation blocked = at.Value;
            if (!file.Pins.AnyOverlap(blocked.Operation.Range))
            {
                file.Blocked.Remove(at);
                Decided(blocked, LayoutVerdict.Proceed, 0);
                ByteRange range = blocked.Operation.Range;
                string reason = PolicyVerdict.Reason(blocked.Operation, blocked.Pins, blocked.Policy);
                Invalidate(file, file.Yielding.Overlaps(range), blocked.Operation);
                blocked.Complete(new(LayoutVerdict.Proceed, 0, reason, () => End(file, range)));
            }
        }
    }

    private void GiveUp(BlockedOperation blocked, int errno, string sentence)
    {
        if (!TryTake(blocked))
        {
            return;
        }

        Decided(blocked, LayoutVerdict.Refuse, errno);
        blocked.Complete(new(
            LayoutVerdict.Refuse, errno, $"{sentence} {PolicyVerdict.Reason(blocked.Operation, blocked.Pins, blocked.Policy)}", null));
        End(blocked.File, blocked.Operation.Range);
    }

    // Any of them may wait for the pin that could not be revoked; the next operation tries it again.
    private void FailAll(FileState file, List<PinLease> due, Exception error)
    {
        BlockedOperation[] all;
        lock (file.Gate)
        {
            foreach (PinLease lease in due)
            {
                lease.Taker = null;
            }

            all = [.. file.Blocked.Where(b => b.BreaksLeases)];
        }

        foreach (BlockedOperation blocked in all.Where(TryTake))
        {
            blocked.Fail(error);
            End(file, blocked.Operation.Range);
        }
    }

    // Whoever takes it answers it. Its mark stays until End.
    private static bool TryTake(BlockedOperation blocked)
    {
        lock (blocked.File.Gate)
        {
            return blocked.File.Blocked.Remove(blocked);
        }
    }

    private void Decided(BlockedOperation blocked, LayoutVerdict verdict, int errno) =>
        Decided(blocked.Operation, blocked.Pins, blocked.Policy, verdict, errno);
}
