using DaxEmu.Linux.Sockets;

namespace DaxEmu.Device;

/// <summary>What the device tells its host's log. Called on any thread; must not block for long and must not throw.</summary>
public interface IDeviceLog
{
    /// <summary>A client opened the device.</summary>
    void SessionOpened(SessionSnapshot session);

    /// <summary>An open device file is gone, with all that was made through it.</summary>
    /// <param name="session">As it was last.</param>
    /// <param name="reason">Why, such as that the client closed it, or what was wrong with its last message.</param>
    void SessionClosed(SessionSnapshot session, string reason);

    /// <summary>A client could not open the device.</summary>
    /// <param name="client">Who.</param>
    /// <param name="reason">Why.</param>
    void SessionRefused(PeerCredentials client, string reason);

    /// <summary>A channel's client did not read its events, and its backlog is full.</summary>
    /// <param name="session">The open device file.</param>
    /// <param name="lost">Events lost on this channel so far.</param>
    void EventsLost(ulong session, long lost);

    /// <summary>Something failed that should not; the device goes on.</summary>
    /// <param name="what">What was being done.</param>
    /// <param name="error">How it failed.</param>
    void Failed(string what, Exception error);
}
