using DaxEmu.Contract;
using DaxEmu.Linux.Sockets;

namespace DaxEmu.Device;

/// <summary>Whose open device file a session is.</summary>
/// <param name="Id">Unique for the daemon's lifetime.</param>
/// <param name="Client">From SO_PEERCRED.</param>
/// <param name="Command">Name of the program.</param>
/// <param name="Since">When it was opened, UTC.</param>
internal sealed record SessionIdentity(ulong Id, PeerCredentials Client, string Command, DateTimeOffset Since)
{
    /// <summary>As the contract wants it.</summary>
    public PinOwner Owner { get; } = new(Client.ProcessId, Client.UserId, Id, Command);
}
