namespace DaxEmu.Contract;

/// <summary>What a policy answers to a layout operation that overlaps a pin.</summary>
internal static class PolicyVerdict
{
    /// <summary>True when the operation waits for the pins to go.</summary>
    internal static bool Waits(Policy policy) => policy is Policy.Wait or Policy.LeaseRevoke or Policy.LeaseKill;

    /// <summary>The verdict and, for a refusal, its errno; of a policy that waits, once the pins are gone.</summary>
    internal static (LayoutVerdict Verdict, int Errno) Of(Policy policy) => policy switch
    {
        Policy.Deny => (LayoutVerdict.Refuse, Errno.ETXTBSY),
        Policy.Ignore => (LayoutVerdict.Pretend, 0),
        Policy.Wait or Policy.LeaseRevoke or Policy.LeaseKill or Policy.Legacy or Policy.Odp => (LayoutVerdict.Proceed, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "no such policy"),
    };

    /// <summary>The verdict's grounds, as a sentence.</summary>
    internal static string Reason(LayoutOperation operation, PinsInTheWay pins, PolicySetting policy)
    {
        Pin first = pins.Named[0];
        string more = pins.Count == 1 ? "" : $" and {pins.Count - 1} more";
        return $"{operation.Range} overlaps the pin {first.Request.Range} of {first.Request.Region}, held by " +
            $"{first.Request.Owner.Name()}{more}; the policy is {PolicyName.Of(policy.Policy)}, set at {policy.SetAt}.";
    }
}
