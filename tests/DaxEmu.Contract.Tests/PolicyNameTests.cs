using Xunit;

namespace DaxEmu.Contract.Tests;

public sealed class PolicyNameTests
{
    [Theory]
    [InlineData("deny", Policy.Deny)]
    [InlineData("ignore", Policy.Ignore)]
    [InlineData("  IgNore\n", Policy.Ignore)]
    [InlineData("ignore\0", Policy.Ignore)]
    public void A_name_is_read_whatever_its_case_and_surroundings(string text, Policy expected)
    {
        Assert.True(PolicyName.TryParse(text, out Policy policy));
        Assert.Equal(expected, policy);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("deny,ignore")]
    [InlineData("allow")]
    public void Anything_else_names_no_policy_and_reads_as_the_strictest(string? text)
    {
        Assert.False(PolicyName.TryParse(text, out Policy policy));
        Assert.Equal(Policy.Deny, policy);
    }

    [Fact]
    public void Every_policy_has_a_name_that_reads_back()
    {
        Assert.Equal(["deny", "ignore", "wait", "lease-revoke", "lease-kill", "legacy", "odp"], PolicyName.All);
        Assert.All(Enum.GetValues<Policy>(), policy =>
        {
            Assert.True(PolicyName.TryParse(PolicyName.Of(policy), out Policy read));
            Assert.Equal(policy, read);
        });
    }
}
