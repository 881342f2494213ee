namespace DaxEmu.Daemon.Admin;

/// <summary>No daemon answers; the message says what to do.</summary>
/// <param name="message">The sentence for the user.</param>
internal sealed class DaemonUnreachableException(string message) : Exception(message);
