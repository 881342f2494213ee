namespace DaxEmu.Contract;

/// <summary>What the reader of a <see cref="WhyAnswer"/> can do.</summary>
internal static class WhyAdvice
{
    private const int MaxHolders = 5;

    /// <summary>The advice, the most direct first.</summary>
    internal static IEnumerable<string> For(
        string path, JudgedOperation? judged, List<Pin> inTheWay, PolicySetting policy, int breaches)
    {
        if (judged is { Verdict: LayoutVerdict.Refuse or LayoutVerdict.Pretend } && inTheWay.Count == 0)
        {
            yield return $"No region holds {judged.Operation.Range} of {path} any more: try the operation again.";
        }

        foreach (string holder in Holders(inTheWay))
        {
            yield return holder;
        }

        if (judged is not null && judged.Policy.Policy != policy.Policy)
        {
            yield return $"The policy has changed from {PolicyName.Of(judged.Policy.Policy)} to {PolicyName.Of(policy.Policy)} since " +
                "that operation was judged: try it again.";
        }

        if (policy.Problem is not null)
        {
            yield return $"Correct {policy.SetAt}: {policy.Problem}";
        }

        if (inTheWay.Count > 0)
        {
            yield return Otherwise(path, policy.Policy);
        }

        if (breaches > 0)
        {
            yield return $"{path} was changed without a guard being asked: change it through the guarded mount only.";
        }
    }

    /// <summary>What to do about pages that a device uses and the file has not any more.</summary>
    internal static IEnumerable<string> ForDivergences(IReadOnlyList<Divergence> divergences)
    {
        if (divergences.Count > 0)
        {
            yield return "Register the range again: a region that was registered after the operation sees the file's own pages. What a device " +
                "wrote to the old ones is in no file and goes when their region is deregistered.";
        }
    }

    private static IEnumerable<string> Holders(List<Pin> inTheWay)
    {
        List<IGrouping<(int, ulong), Pin>> holders =
            [.. inTheWay.GroupBy(p => (p.Request.Owner.ProcessId, p.Request.Owner.DeviceFile))];
        foreach (IGrouping<(int, ulong), Pin> pins in holders.Take(MaxHolders))
        {
            PinRequest first = pins.First().Request;
            int count = pins.Count();
            string regions = count == 1 ? $"the region {first.Region}" : $"{count} regions ({first.Region} and others)";
            yield return $"Deregister {regions}: close or end {first.Owner.Name()}.";
        }

        if (holders.Count > MaxHolders)
        {
            yield return $"{holders.Count - MaxHolders} more processes hold pins there.";
        }
    }

    private static string Otherwise(string path, Policy policy) =>
        policy == Policy.Deny ? Set(path, Policy.Ignore, "reports success and changes nothing while the range is pinned")
        : policy == Policy.Legacy ? Set(path, Policy.Deny, "fails with ETXTBSY instead of parting the device from the file")
        : policy == Policy.Odp ? Set(path, Policy.Deny, "fails with ETXTBSY instead of taking bytes from under the region")
        : policy == Policy.Ignore ? Set(path, Policy.Deny, "fails with ETXTBSY instead of reporting success and changing nothing")
        : Set(path, Policy.Deny, "fails with ETXTBSY at once instead of waiting");

    private static string Set(string path, Policy policy, string effect) =>
        $"Or set {PolicyName.Attribute} to {PolicyName.Of(policy)} on {path}: such an operation then {effect}.";
}
