namespace DaxEmu.Conformance;

/// <summary>A machine on which registered memory counts against RLIMIT_MEMLOCK.</summary>
public sealed class LockingMachine : Machine
{
    /// <inheritdoc/>
    protected override string Configuration => """{ "Device": { "LockedMemory": "enforce" } }""";
}
