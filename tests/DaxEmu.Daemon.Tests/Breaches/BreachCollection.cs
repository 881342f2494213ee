using Xunit;

namespace DaxEmu.Daemon.Tests.Breaches;

/// <summary>One daemon and one set of filesystems for all tests of changes behind a guard.</summary>
[CollectionDefinition(Name)]
public sealed class BreachCollection : ICollectionFixture<BreachedVolumes>
{
    public const string Name = "breached volumes";
}
