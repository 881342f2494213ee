namespace DaxEmu.Contract;

/// <summary>A place that may name a policy.</summary>
/// <param name="Where">The path of the file or directory that carries the attribute, or the configuration key.</param>
/// <param name="Value">What is set there, as found; null when nothing is.</param>
public readonly record struct PolicyPlace(string Where, string? Value);
