namespace DaxEmu.Daemon.Admin;

/// <summary>An emulated RDMA device.</summary>
/// <param name="Name">Its name, such as <c>rxe0</c>.</param>
/// <param name="Socket">The socket that stands for its device file.</param>
/// <param name="OpenFiles">How many times it is open now.</param>
internal sealed record DeviceStatus(string Name, string Socket, int OpenFiles);
