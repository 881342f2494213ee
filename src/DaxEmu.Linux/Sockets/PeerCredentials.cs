namespace DaxEmu.Linux.Sockets;

/// <summary>Who is at the other end, as it was when the connection was made: SO_PEERCRED of unix(7).</summary>
/// <param name="ProcessId">Process id in the caller's pid namespace; 0 when the peer has none there.</param>
/// <param name="UserId">Effective user id.</param>
/// <param name="GroupId">Effective group id.</param>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);
