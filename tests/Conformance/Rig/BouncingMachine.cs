namespace DaxEmu.Conformance;

/// <summary>A machine whose device reaches files by copying.</summary>
public sealed class BouncingMachine : Machine
{
    /// <inheritdoc/>
    protected override string Configuration => """{ "Admission": { "Mapping": "bounce" } }""";
}
