using DaxEmu.Guards;
using Microsoft.Extensions.Logging;

namespace DaxEmu.Daemon.Hosting;

/// <summary>The guards' log lines.</summary>
/// <param name="log">Where they go.</param>
internal sealed partial class GuardLog(ILogger<GuardLog> log) : IGuardEvents
{
    /// <inheritdoc/>
    public void Information(string message) => LogInformation(message);

    /// <inheritdoc/>
    public void Warning(string message, Exception? cause = null) => LogWarning(cause, message);

    [LoggerMessage(40, LogLevel.Information, "{Message}")]
    private partial void LogInformation(string message);

    [LoggerMessage(41, LogLevel.Warning, "{Message}")]
    private partial void LogWarning(Exception? cause, string message);
}
