namespace DaxEmu.Abi.Tests;

/// <summary>One fact that both sides must agree on.</summary>
/// <param name="Header">The C header it comes from.</param>
/// <param name="Name">For the reader: a constant's name, or "sizeof T", "offsetof T.f".</param>
/// <param name="Expression">The C expression that yields it.</param>
/// <param name="Value">What the C# side says, as 64 bits.</param>
/// <param name="Since">The first kernel release whose headers have it, or null.</param>
public sealed record AbiEntry(string Header, string Name, string Expression, ulong Value, string? Since);
