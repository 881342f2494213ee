using Xunit;

namespace DaxEmu.Daemon.Tests.Audit;

/// <summary>The filesystems are made and audited once for all tests that look at the answers.</summary>
[CollectionDefinition(Name)]
public sealed class AuditCollection : ICollectionFixture<AuditedFilesystems>
{
    public const string Name = "audited filesystems";
}
