namespace DaxEmu.Contract;

/// <summary>The policy in force for a file, and where it comes from.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Scope">What kind of place set it.</param>
/// <param name="SetAt">That place, as a user would look for it: a path with the attribute's name, or a configuration key.</param>
/// <param name="Problem">Null, or what was wrong nearer by, such as an attribute whose value names no policy, and that it was passed over for the strictest.</param>
public sealed record PolicySetting(Policy Policy, PolicyScope Scope, string SetAt, string? Problem = null);
