namespace DaxEmu.Daemon.Admin;

/// <summary>The body of an answer with a status of 400 or above.</summary>
/// <param name="Error">What is wrong, as a sentence.</param>
internal sealed record AdminError(string Error);
