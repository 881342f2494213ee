namespace DaxEmu.Contract;

/// <summary>Changes that slipped past the guards.</summary>
public sealed partial class FileContract : IBreachJudge
{
    /// <inheritdoc/>
    public bool IsHeld(Pin pin)
    {
        ArgumentNullException.ThrowIfNull(pin);
        if (!_files.TryGetValue(pin.Request.File, out FileState? file))
        {
            return false;
        }

        lock (file.Gate)
        {
            return file.Pins.Holds(pin) || file.Yielding.Holds(pin);
        }
    }

    /// <inheritdoc/>
    public BreachFate ReportBreach(BreachFinding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        Pin pin = finding.Pin;
        PolicySetting policy = policies.Resolve(pin.Request.File, pin.Request.Path);
        FileState file = Enter(pin.Request.File);
        BreachFate fate;
        try
        {
            // Nobody has to be asked about bytes under a pin that yields, and one that has gone has no region any more.
            fate = file.Pins.Holds(pin) ? BreachVerdict.Of(policy.Policy) : BreachFate.Stays;
            journal.Append(EventOf(finding, policy, fate));
        }
        finally
        {
            Leave(file);
        }

        if (fate == BreachFate.Revoked)
        {
            // The pin goes also when an engine could not be waited for: its region is closed, and the bytes that it stood for are gone.
            try
            {
                holders.Revoke(pin, null);
            }
            finally
            {
                TakeBack(file, pin);
            }
        }

        return fate;
    }

    private Breach EventOf(BreachFinding finding, PolicySetting policy, BreachFate fate)
    {
        IReadOnlyList<LayoutChange> changes = finding.Changes;
        ByteRange range = new(changes[0].Range.Start, changes[^1].Range.End);
        string more = finding.ChangeCount > changes.Count ? $"; and {finding.ChangeCount - changes.Count} more" : "";
        return new(time.GetUtcNow(), finding.Pin, range, string.Join("; ", changes) + more)
        {
            Changes = changes,
            Policy = policy,
            Fate = fate,
        };
    }

    private void TakeBack(FileState file, Pin pin)
    {
        file.Gate.Enter();
        try
        {
            if (file.Pins.Remove(pin))
            {
                journal.Append(new PinRevoked(time.GetUtcNow(), pin, null, Killed: false));
                AfterRemoval(file, pin);
            }
        }
        finally
        {
            Leave(file);
        }
    }
}
