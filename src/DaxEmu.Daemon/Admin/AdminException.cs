namespace DaxEmu.Daemon.Admin;

/// <summary>The daemon answered, and the answer is an error.</summary>
/// <param name="message">The daemon's sentence.</param>
internal sealed class AdminException(string message) : Exception(message);
