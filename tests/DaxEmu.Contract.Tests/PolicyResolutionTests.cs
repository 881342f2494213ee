using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class PolicyResolutionTests
{
    [Theory]
    [InlineData("ignore", "deny", "deny", "deny", "deny", Policy.Ignore, PolicyScope.File, "/vol/a/b/f (user.daxemu.policy)")]
    [InlineData(null, "ignore", "deny", "deny", "deny", Policy.Ignore, PolicyScope.Directory, "/vol/a/b (user.daxemu.policy)")]
    [InlineData(null, null, "ignore", "deny", "deny", Policy.Ignore, PolicyScope.Directory, "/vol (user.daxemu.policy)")]
    [InlineData(null, null, null, "ignore", "deny", Policy.Ignore, PolicyScope.Volume, "Volumes:0:Policy")]
    [InlineData(null, null, null, null, "ignore", Policy.Ignore, PolicyScope.Configuration, "Policy")]
    [InlineData(null, null, null, null, null, Policy.Deny, PolicyScope.Configuration, "Policy (not set: built-in default)")]
    public void The_nearest_place_that_names_a_policy_wins(
        string? file, string? near, string? far, string? volume, string? configured, Policy policy, PolicyScope scope, string setAt) =>
        Assert.Equal(new PolicySetting(policy, scope, setAt), Resolve(file, near, far, volume, configured));

    [Theory]
    [InlineData("lenient", "ignore", "ignore", PolicyScope.File)]
    [InlineData(null, "lenient", "ignore", PolicyScope.Directory)]
    [InlineData(null, null, "lenient", PolicyScope.Volume)]
    public void A_value_that_names_no_policy_means_deny_at_its_place_and_is_reported(
        string? file, string? near, string? volume, PolicyScope scope)
    {
        PolicySetting setting = Resolve(file, near, null, volume, "ignore");

        Assert.Equal((Policy.Deny, scope), (setting.Policy, setting.Scope));
        Assert.Equal("\"lenient\" names no policy (deny, ignore, wait, lease-revoke, lease-kill, legacy, odp): deny is used.", setting.Problem);
    }

    [Fact]
    public void A_reported_value_can_neither_flood_nor_steer_a_terminal()
    {
        PolicySetting setting = Resolve("\u001b[2J" + new string('x', 60_000), null, null, null, null);

        Assert.DoesNotContain('\u001b', setting.Problem!);
        Assert.InRange(setting.Problem!.Length, 1, 170);
    }

    [Fact]
    public void Directories_are_read_only_as_far_as_needed()
    {
        static IEnumerable<PolicyPlace> Directories()
        {
            yield return new("/vol/a", "deny");
            throw new InvalidOperationException("read too far");
        }

        PolicySetting setting = PolicyResolution.Resolve(new("/vol/a/f", null), Directories(), default, default);

        Assert.Equal(PolicyScope.Directory, setting.Scope);
    }

    private static PolicySetting Resolve(string? file, string? near, string? far, string? volume, string? configured) =>
        PolicyResolution.Resolve(
            new("/vol/a/b/f", file),
            [new("/vol/a/b", near), new("/vol/a", null), new("/vol", far)],
            new("Volumes:0:Policy", volume),
            new("Policy", configured));
}
