namespace DaxEmu.Daemon.Audit;

/// <summary>The path cannot be audited: it is not there, is not a file or directory, or may not be reached.</summary>
/// <param name="message">One sentence that names what, where and what to do.</param>
internal sealed class AuditException(string message) : Exception(message);
