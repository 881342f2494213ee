namespace DaxEmu.Contract;

/// <summary>What a policy answers to a layout operation that overlaps a pin.</summary>
internal static class PolicyVerdict
{
    /// <summary>The verdict and, for a refusal, its errno.</summary>
    internal static (LayoutVerdict Verdict, int Errno) Of(Policy policy) => policy switch
    {
        Policy.Deny => (LayoutVerdict.Refuse, Errno.ETXTBSY),
        Policy.Ignore => (LayoutVerdict.Pretend, 0),
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "no such policy"),
    };

    /// <summary>The verdict's grounds, as a sentence.</summary>
    internal static string Reason(LayoutOperation operation, Pin first, int count, PolicySetting policy)
    {
        string more = count == 1 ? "" : $" and {count - 1} more";
        return $"{operation.Range} overlaps the pin {first.Request.Range} of {first.Request.Region}, held by " +
            $"{first.Request.Owner.Name()}{more}; the policy is {PolicyName.Of(policy.Policy)}, set at {policy.SetAt}.";
    }
}
