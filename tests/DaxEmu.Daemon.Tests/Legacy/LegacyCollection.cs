using Xunit;

namespace DaxEmu.Daemon.Tests.Legacy;

/// <summary>The rows are run once for all tests that look at what they gave.</summary>
[CollectionDefinition(Name)]
public sealed class LegacyCollection : ICollectionFixture<LegacyOutcomes>, ICollectionFixture<PolicyOutcomes>
{
    public const string Name = "legacy rows";
}
