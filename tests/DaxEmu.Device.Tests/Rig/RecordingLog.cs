using System.Collections.Concurrent;
using DaxEmu.Linux.Sockets;

namespace DaxEmu.Device.Tests;

/// <summary>Keeps what the device logged, and lets a test wait for the end of sessions.</summary>
internal sealed class RecordingLog : IDeviceLog
{
    private readonly BlockingCollection<(SessionSnapshot Session, string Reason)> _closed = [];

    public ConcurrentQueue<SessionSnapshot> Opened { get; } = new();

    public ConcurrentQueue<string> Refused { get; } = new();

    public ConcurrentQueue<string> Failures { get; } = new();

    public long EventsLostSoFar { get; private set; }

    public (SessionSnapshot Session, string Reason) TakeClosed() =>
        _closed.TryTake(out (SessionSnapshot, string) closed, TimeSpan.FromSeconds(60))
            ? closed
            : throw new TimeoutException("no session ended within a minute");

    public void SessionOpened(SessionSnapshot session) => Opened.Enqueue(session);

    public void SessionClosed(SessionSnapshot session, string reason) => _closed.Add((session, reason));

    public void SessionRefused(PeerCredentials client, string reason) => Refused.Enqueue(reason);

    public void EventsLost(ulong session, long lost) => EventsLostSoFar = lost;

    public void Failed(string what, Exception error) => Failures.Enqueue($"{what}: {error}");
}
