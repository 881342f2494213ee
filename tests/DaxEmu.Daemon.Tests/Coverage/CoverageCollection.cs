using Xunit;

namespace DaxEmu.Daemon.Tests.Coverage;

/// <summary>The cells are run once for all tests that look at what they gave.</summary>
[CollectionDefinition(Name)]
public sealed class CoverageCollection : ICollectionFixture<CoverageOutcomes>
{
    public const string Name = "coverage matrix";
}
