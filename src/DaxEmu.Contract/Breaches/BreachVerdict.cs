namespace DaxEmu.Contract;

/// <summary>What a policy says of regions whose bytes changed without the contract having been asked.</summary>
internal static class BreachVerdict
{
    /// <summary>
    /// A policy that promises a region its bytes takes it away when that promise was broken, for it would reach other bytes than it was
    /// registered for. One that lets the region go on with what the file has, or whatever becomes of the file, lets it.
    /// </summary>
    internal static BreachFate Of(Policy policy) => policy switch
    {
        Policy.Deny or Policy.Wait or Policy.LeaseRevoke or Policy.LeaseKill => BreachFate.Revoked,
        Policy.Ignore or Policy.Legacy or Policy.Odp => BreachFate.Stays,
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "no such policy"),
    };
}
