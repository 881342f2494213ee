namespace DaxEmu.Contract;

/// <summary>How policies are written in attributes, configuration and output.</summary>
public static class PolicyName
{
    /// <summary>
    /// The extended attribute of a file or directory that names its policy. The <c>user.</c> namespace can be set by whoever may write the
    /// file (xattr(7)).
    /// </summary>
    public const string Attribute = "user.daxemu.policy";

    /// <summary>All names, in the order of <see cref="Policy"/>.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Policy>().Select(Of)];

    /// <summary>The name of a policy, lower case.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is no policy.</exception>
    public static string Of(Policy policy) => policy switch
    {
        Policy.Deny => "deny",
        Policy.Ignore => "ignore",
        Policy.Wait => "wait",
        Policy.LeaseRevoke => "lease-revoke",
        Policy.LeaseKill => "lease-kill",
        Policy.Legacy => "legacy",
        Policy.Odp => "odp",
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "no such policy"),
    };

    /// <summary>Reads a name; case, blanks around it and the NUL that some tools store with an attribute do not matter.</summary>
    /// <param name="text">The text; null names no policy.</param>
    /// <param name="policy">The policy; when the text names none, the strictest.</param>
    /// <returns>True when the text names a policy.</returns>
    public static bool TryParse(string? text, out Policy policy)
    {
        string name = (text ?? "").Trim(' ', '\t', '\r', '\n', '\0');
        foreach (Policy candidate in Enum.GetValues<Policy>())
        {
            if (name.Equals(Of(candidate), StringComparison.OrdinalIgnoreCase))
            {
                policy = candidate;
                return true;
            }
        }

        policy = Policy.Deny;
        return false;
    }
}
