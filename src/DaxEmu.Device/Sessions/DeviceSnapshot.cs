namespace DaxEmu.Device;

/// <summary>The device, as <c>daxemu status</c> shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SocketPath">Where clients connect.</param>
/// <param name="Sessions">The open device files, by id.</param>
/// <param name="Objects">What all of them have together.</param>
public sealed record DeviceSnapshot(string Name, string SocketPath, IReadOnlyList<SessionSnapshot> Sessions, ObjectCounts Objects);
