namespace DaxEmu.Abi;

/// <summary>Names the C header that a struct or a class of constants mirrors; the ABI test compiles against it.</summary>
/// <param name="header">As in <c>#include &lt;…&gt;</c>.</param>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Class, AllowMultiple = true)]
public sealed class CHeaderAttribute(string header) : Attribute
{
    public string Header { get; } = header;
}
