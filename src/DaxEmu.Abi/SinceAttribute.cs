namespace DaxEmu.Abi;

/// <summary>The first kernel release whose headers have this; the ABI test leaves it out where the installed headers are older.</summary>
/// <param name="release">"6.9".</param>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Class | AttributeTargets.Field)]
public sealed class SinceAttribute(string release) : Attribute
{
    public string Release { get; } = release;
}
