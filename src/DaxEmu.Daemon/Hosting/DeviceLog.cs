using DaxEmu.Device;
using DaxEmu.Linux.Sockets;
using Microsoft.Extensions.Logging;

namespace DaxEmu.Daemon.Hosting;

/// <summary>The device's log lines.</summary>
/// <param name="log">Where they go.</param>
internal sealed partial class DeviceLog(ILogger<DeviceLog> log) : IDeviceLog
{
    /// <inheritdoc/>
    public void SessionOpened(SessionSnapshot session) =>
        LogOpened(session.Id, session.ProcessId, session.Command, session.UserId);

    /// <inheritdoc/>
    public void SessionClosed(SessionSnapshot session, string reason) =>
        LogClosed(session.Id, session.ProcessId, session.Command, session.Objects.MemoryRegions, session.Objects.QueuePairs, reason);

    /// <inheritdoc/>
    public void SessionRefused(PeerCredentials client, string reason) => LogRefused(client.ProcessId, client.UserId, reason);

    /// <inheritdoc/>
    public void EventsLost(ulong session, long lost) => LogEventsLost(session, lost);

    /// <inheritdoc/>
    public void Failed(string what, Exception error) => LogFailed(error, what);

    [LoggerMessage(10, LogLevel.Information, "Session {Session}: opened by process {ProcessId} ({Command}), user {UserId}")]
    private partial void LogOpened(ulong session, int processId, string command, uint userId);

    [LoggerMessage(
        11,
        LogLevel.Information,
        "Session {Session}: closed by process {ProcessId} ({Command}) with {Regions} regions and {QueuePairs} queue pairs left: {Reason}")]
    private partial void LogClosed(ulong session, int processId, string command, int regions, int queuePairs, string reason);

    [LoggerMessage(12, LogLevel.Warning, "Process {ProcessId}, user {UserId} could not open the device: {Reason}")]
    private partial void LogRefused(int processId, uint userId, string reason);

    [LoggerMessage(13, LogLevel.Warning, "Session {Session}: {Lost} events lost, its client does not read them")]
    private partial void LogEventsLost(ulong session, long lost);

    [LoggerMessage(14, LogLevel.Error, "Failed: {What}")]
    private partial void LogFailed(Exception error, string what);
}
