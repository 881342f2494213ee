namespace DaxEmu.Conformance;

/// <summary>A machine whose holders have a moment to give back what is asked of them, and are killed when they do not.</summary>
public sealed class LeasingMachine : Machine
{
    /// <inheritdoc/>
    protected override string Configuration => """{ "Contract": { "Policy": "lease-kill", "LeaseBreakMilliseconds": 300 } }""";
}
