using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>Every other policy, on each filesystem, with a real client and through the real guard.</summary>
[Collection(LegacyCollection.Name)]
public sealed class PolicyTableTests(PolicyOutcomes outcomes)
{
    public static TheoryData<string, string> Rows { get; } = new(
        from row in PolicyRow.All from filesystem in PolicyRow.Filesystems select (row.Name, filesystem));

    [Theory]
    [MemberData(nameof(Rows))]
    public void Operation_and_region_get_what_the_policy_says(string row, string filesystem)
    {
        PolicyRow policy = PolicyRow.All.Single(r => r.Name == row);

        Assert.Equal(policy.On(filesystem), outcomes.Of(row, filesystem));
        Assert.Equal(
            filesystem == "tmpfs" && policy.Operation.IsUnknownToTmpfs ? "EOPNOTSUPP" : "proceeds", outcomes.OfReleased(row, filesystem));
    }
}
