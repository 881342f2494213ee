namespace DaxEmu.Nic.Tests;

/// <summary>
/// For tests that count allocations: a garbage collection that another test causes closes every thread's allocation buffer, and what was
/// left of it counts as allocated.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
