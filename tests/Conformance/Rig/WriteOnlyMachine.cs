namespace DaxEmu.Conformance;

/// <summary>A machine whose programs find no ioctl interface, as libibverbs on an old kernel.</summary>
public sealed class WriteOnlyMachine : Machine
{
    /// <inheritdoc/>
    protected override IReadOnlyDictionary<string, string> Settings =>
        new Dictionary<string, string> { ["DAXEMU_IOCTL"] = "0", ["DAXEMU_DEBUG"] = "2" };
}
