namespace DaxEmu.Device;

/// <summary>An id that waits for connections, as <c>daxemu status</c> shows it.</summary>
/// <param name="PortSpace">TCP, UDP, IB or IPOIB.</param>
/// <param name="Address">Its address, with the port.</param>
/// <param name="Port">The port.</param>
/// <param name="UserId">Whose it is.</param>
public sealed record ListenerDescription(string PortSpace, string Address, int Port, uint UserId);
